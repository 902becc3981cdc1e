-- error: 3:40: IF NOT EXISTS has no meaning here near "x"
-- hint: leave it out
CREATE MATERIALIZED VIEW IF NOT EXISTS x AS
SELECT count(*) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute');
