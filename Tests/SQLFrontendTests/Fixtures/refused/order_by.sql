-- error: 7:1: ORDER BY is not supported: a table has no order near "ORDER"
-- hint: order in the endpoint
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute')
ORDER BY 1;
