-- error: 7:14: a detector remembers 3 to 240 windows, not 1000 near "zscore above WARNING 4 over 1000 windows"
-- hint: write zscore above WARNING 4, CRITICAL 6 over 60 windows
-- name: A
-- summary: S.
-- on: region_health
-- metric: m
-- detector: zscore above WARNING 4 over 1000 windows
-- message: In {region}: {value:percent}
SELECT region, window_start, window_end, 1 AS value, 1 AS samples FROM region_health
