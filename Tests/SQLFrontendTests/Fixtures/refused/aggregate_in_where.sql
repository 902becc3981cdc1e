-- error: 6:7: an aggregate function is not allowed here near "count(*)"
-- hint: aggregates stand in SELECT; they do not nest, and a group cannot be filtered by one
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
WHERE count(*) > 1
GROUP BY tumble("timestamp", INTERVAL '1 minute');
