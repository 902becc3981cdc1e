-- error: 4:12: an aggregate function is not allowed here near "count(*)"
-- hint: aggregates stand in SELECT; they do not nest, and a group cannot be filtered by one
CREATE MATERIALIZED VIEW x AS
SELECT sum(count(*)) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute');
