-- error: 7:14: each level is more severe and further out than the one before near "threshold above WARNING 0.10, CRITICAL 0.05"
-- hint: write threshold above WARNING 0.10, CRITICAL 0.15
-- name: A
-- summary: S.
-- on: region_health
-- metric: m
-- detector: threshold above WARNING 0.10, CRITICAL 0.05
-- message: In {region}: {value:percent}
SELECT region, window_start, window_end, 1 AS value, 1 AS samples FROM region_health
