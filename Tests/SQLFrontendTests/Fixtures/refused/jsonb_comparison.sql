-- error: 6:18: = does not take jsonb near "="
-- hint: cast it to text, or test it with IS NULL
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
WHERE extra.tags = '{}'
GROUP BY tumble("timestamp", INTERVAL '1 minute');
