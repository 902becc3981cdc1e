-- error: 5:16: date cannot be cast to integer near "::integer"
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
WHERE extra.day::integer = 1
GROUP BY tumble("timestamp", INTERVAL '1 minute');
