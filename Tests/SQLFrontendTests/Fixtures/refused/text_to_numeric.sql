-- error: 6:20: text cannot be cast to numeric near "::numeric"
-- hint: cast to double precision
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
WHERE content.title::numeric = 1
GROUP BY tumble("timestamp", INTERVAL '1 minute');
