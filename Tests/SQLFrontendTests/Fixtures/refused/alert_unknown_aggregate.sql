-- error: 5:8: there is no aggregate region_helth near "region_helth"
-- hint: did you mean region_health? aggregates are content_stats, device_stats, region_errors, region_health
-- name: A
-- summary: S.
-- on: region_helth
-- metric: m
-- detector: threshold above WARNING 0.10
-- message: m
SELECT region, window_start, window_end, 1 AS value, 1 AS samples FROM region_health
