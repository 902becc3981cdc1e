-- error: 6:30: the size of a window is a constant INTERVAL near "60"
-- hint: write tumble("timestamp", INTERVAL '1 minute')
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
GROUP BY tumble("timestamp", 60);
