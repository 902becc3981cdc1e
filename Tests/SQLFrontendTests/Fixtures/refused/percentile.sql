-- error: 4:8: an aggregate with WITHIN GROUP is not supported near "percentile_cont(0.5)"
-- hint: percentile_cont is not supported yet; aggregates are count, sum, avg, min, max
CREATE MATERIALIZED VIEW x AS
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extra.big) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute');
