-- error: 6:7: sqrt() of numeric is not supported for events near "sqrt(extra.price)"
-- hint: cast to double precision
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
WHERE sqrt(extra.price) > 1
GROUP BY tumble("timestamp", INTERVAL '1 minute');
