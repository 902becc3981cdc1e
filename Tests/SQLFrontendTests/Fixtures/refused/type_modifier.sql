-- error: 6:18: a type with a modifier is not supported near "numeric(10,"
-- hint: write the bare type
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
WHERE extra.big::numeric(10, 2) = 1
GROUP BY tumble("timestamp", INTERVAL '1 minute');
