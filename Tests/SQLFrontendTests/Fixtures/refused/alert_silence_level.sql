-- error: 7:14: a level of silence is a number of windows, from 1 to 1000 near "silence WARNING 2.5"
-- hint: write silence WARNING 3, CRITICAL 10
-- name: A
-- summary: S.
-- on: region_health
-- metric: m
-- detector: silence WARNING 2.5
-- message: In {region}: {value:percent}
SELECT region, window_start, window_end, 1 AS value, 1 AS samples FROM region_health
