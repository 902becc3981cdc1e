-- error: 6:30: a window is between 1 millisecond and 366 days long near "INTERVAL"
-- hint: write tumble("timestamp", INTERVAL '1 minute')
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '0 seconds');
