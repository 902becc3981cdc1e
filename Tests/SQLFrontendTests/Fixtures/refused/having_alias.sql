-- error: 7:8: n is neither a key nor inside of an aggregate near "n"
-- hint: add it to GROUP BY, or say which of the group's values is kept, e.g. max(…)
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute')
HAVING n > 1;
