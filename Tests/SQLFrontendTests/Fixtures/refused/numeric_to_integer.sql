-- error: 6:18: numeric cannot be cast to integer near "::integer"
-- hint: cast to double precision
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
WHERE extra.price::integer = 1
GROUP BY tumble("timestamp", INTERVAL '1 minute');
