-- error: 4:24: the fraction of percentile_cont is a constant between 0 and 1 near "1.5"
-- hint: write percentile_cont(0.95) WITHIN GROUP (ORDER BY …)
CREATE MATERIALIZED VIEW x AS
SELECT percentile_cont(1.5) WITHIN GROUP (ORDER BY extra.big) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute');
