-- error: 4:8: sum takes a number, not text near "sum(download.status)"
-- hint: cast it, e.g. …::double precision
CREATE MATERIALIZED VIEW x AS
SELECT sum(download.status) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute');
