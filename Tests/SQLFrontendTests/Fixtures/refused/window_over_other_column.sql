-- error: 6:17: the window must be over the stream's event time near "extra.local"
-- hint: write tumble("timestamp", INTERVAL '1 minute')
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
GROUP BY tumble(extra.local, INTERVAL '1 minute');
