-- error: 6:17: BETWEEN SYMMETRIC is not supported near "BETWEEN"
-- hint: write the smaller bound first
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
WHERE extra.big BETWEEN SYMMETRIC 2 AND 1
GROUP BY tumble("timestamp", INTERVAL '1 minute');
