-- error: 4:8: a window function (OVER) is not supported near "sum(count(*))"
-- hint: windows of time are written GROUP BY tumble(…); use OVER in an endpoint's SELECT
CREATE MATERIALIZED VIEW x AS
SELECT sum(count(*)) OVER () AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute');
