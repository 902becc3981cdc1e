-- error: 9:17: keep_firing is a number of windows, from 0 to 1000 near "5000 windows"
-- hint: write -- keep_firing: 3 windows
-- name: A
-- summary: S.
-- on: region_health
-- metric: m
-- detector: threshold above WARNING 0.10, CRITICAL 0.15
-- message: In {region}: {value:percent}
-- keep_firing: 5000 windows
SELECT region, window_start, window_end, 1 AS value, 1 AS samples FROM region_health
