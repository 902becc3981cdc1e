-- error: 6:52: grouping sets are not supported near "GROUPING"
-- hint: write one aggregate per grouping
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute'), GROUPING SETS ((1));
