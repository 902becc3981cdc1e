-- error: 6:7: WHERE wants a condition (boolean), not integer near "download.duration_seconds"
-- hint: compare it with something: download.duration_seconds = …
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
WHERE download.duration_seconds
GROUP BY tumble("timestamp", INTERVAL '1 minute');
