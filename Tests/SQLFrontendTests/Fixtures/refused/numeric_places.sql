-- error: 6:16: numeric cannot be combined with a numeric of more decimal places near "extra.price"
-- hint: cast it to double precision, or write the constant with fewer places
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
WHERE coalesce(extra.price, 1.255) > 1
GROUP BY tumble("timestamp", INTERVAL '1 minute');
