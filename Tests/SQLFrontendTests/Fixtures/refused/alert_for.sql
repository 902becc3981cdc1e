-- error: 9:9: for is a number of windows, from 1 to 1000 near "3 minutes"
-- hint: write -- for: 3 windows
-- name: A
-- summary: S.
-- on: region_health
-- metric: m
-- detector: threshold above WARNING 0.10, CRITICAL 0.15
-- message: In {region}: {value:percent}
-- for: 3 minutes
SELECT region, window_start, window_end, 1 AS value, 1 AS samples FROM region_health
