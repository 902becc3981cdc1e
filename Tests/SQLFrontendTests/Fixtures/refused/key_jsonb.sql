-- error: 6:52: a key cannot be jsonb near "extra.tags"
-- hint: cast it to text
CREATE MATERIALIZED VIEW x AS
SELECT extra.tags, count(*) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute'), extra.tags;
