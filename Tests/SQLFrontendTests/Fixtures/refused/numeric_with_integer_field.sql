-- error: 6:29: integer cannot be combined with a numeric of more decimal places near "download.duration_seconds"
-- hint: cast it to double precision, or write the constant with fewer places
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
WHERE coalesce(extra.price, download.duration_seconds) > 1
GROUP BY tumble("timestamp", INTERVAL '1 minute');
