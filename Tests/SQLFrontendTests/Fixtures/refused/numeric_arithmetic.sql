-- error: 6:33: arithmetic with numeric is not supported for events near "/"
-- hint: cast to double precision
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
WHERE download.duration_seconds / 60.0 > 1
GROUP BY tumble("timestamp", INTERVAL '1 minute');
