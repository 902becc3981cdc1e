-- error: 6:18: the window must be over the stream's event time near "extra.at"
-- hint: write session("timestamp", INTERVAL '30 minutes')
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
GROUP BY session(extra.at, INTERVAL '1 minute');
