-- error: 5:6: there is no stream "content_download" near "content_download"
-- hint: the stream is content_downloads
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_download
GROUP BY tumble("timestamp", INTERVAL '1 minute');
