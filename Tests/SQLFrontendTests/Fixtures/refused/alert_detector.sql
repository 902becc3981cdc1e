-- error: 7:14: there is no detector zscore near "zscore above WARNING 0.10, CRITICAL 0.15"
-- hint: write threshold above WARNING 0.10, CRITICAL 0.15
-- name: A
-- summary: S.
-- on: region_health
-- metric: m
-- detector: zscore above WARNING 0.10, CRITICAL 0.15
-- message: In {region}: {value:percent}
SELECT region, window_start, window_end, 1 AS value, 1 AS samples FROM region_health
