-- error: 4:8: count takes one argument: a value of any type near "count(extra.big,"
-- hint: write count(x)
CREATE MATERIALIZED VIEW x AS
SELECT count(extra.big, extra.flag) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute');
