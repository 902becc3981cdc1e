CREATE MATERIALIZED VIEW a AS
SELECT download.status, bool_and(extra.flag) AS b, every(extra.big > 3) AS e, bool_or(extra.flag) FILTER (WHERE extra.flag IS NOT FALSE) AS o,
       stddev(download.speed_mbps) AS s, var_pop(extra.big) AS v, variance(extra.price) AS w, stddev_samp(extra.price) AS x,
       corr(download.speed_mbps, content.size_gb) AS c, regr_slope(content.size_gb, extra.big) FILTER (WHERE extra.flag) AS r,
       approx_count_distinct("user".user_id) AS d, 100.0 * approx_count_distinct(extra.day) / count(*) AS share,
       percentile_cont(0.95) WITHIN GROUP (ORDER BY download.speed_mbps) AS p95,
       percentile_disc(0) WITHIN GROUP (ORDER BY extra.price) FILTER (WHERE extra.big BETWEEN 1 AND 5) AS p0
FROM content_downloads GROUP BY tumble("timestamp", INTERVAL '1 week'), download.status;
