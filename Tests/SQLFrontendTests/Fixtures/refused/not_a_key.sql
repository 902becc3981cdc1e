-- error: 4:8: the column is neither a key nor an aggregate near "user".region
-- hint: add it to GROUP BY, or say which of the group's values is kept, e.g. max(…)
CREATE MATERIALIZED VIEW x AS
SELECT "user".region, count(*) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute');
