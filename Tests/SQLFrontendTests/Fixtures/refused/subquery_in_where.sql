-- error: 6:21: IN with a subquery is not supported near "IN"
-- hint: a definition reads one stream, event by event; write a list of values: IN ('a', 'b')
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
WHERE "user".region IN (SELECT region FROM regions)
GROUP BY tumble("timestamp", INTERVAL '1 minute');
