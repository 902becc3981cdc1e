-- error: 6:17: = ANY does not take bigint and jsonb near "="
-- hint: it is bigint = ANY (array)
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
WHERE extra.big = ANY (extra.tags)
GROUP BY tumble("timestamp", INTERVAL '1 minute');
