-- error: 6:16: integer cannot be combined with a numeric of more decimal places near "download.duration_seconds"
-- hint: cast it to double precision, or write the constant with fewer places
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
WHERE coalesce(download.duration_seconds, 1.5) > 1
GROUP BY tumble("timestamp", INTERVAL '1 minute');
