-- error: 4:8: count(DISTINCT …) is not supported: distinct values cannot be merged from partial results near "count(DISTINCT"
-- hint: write approx_count_distinct(x), whose standard error is at most 1.7 %
CREATE MATERIALIZED VIEW x AS
SELECT count(DISTINCT "user".user_id) AS users
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute');
