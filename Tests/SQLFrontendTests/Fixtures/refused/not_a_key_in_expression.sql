-- error: 4:8: content.size_gb is neither a key nor inside of an aggregate near "content.size_gb"
-- hint: add it to GROUP BY, or say which of the group's values is kept, e.g. max(…)
CREATE MATERIALIZED VIEW x AS
SELECT content.size_gb / count(*) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute');
