-- error: 6:33: / of numeric and numeric is not supported for events near "/"
-- hint: the number of its decimal places would depend on the values: write round(a / b, 6) or (a / b)::numeric(20, 6), or cast one side to double precision
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
WHERE download.duration_seconds / 60.0 > 1
GROUP BY tumble("timestamp", INTERVAL '1 minute');
