-- error: 9:4: silence is found by windows without a row, and takes no for near "for: 3 windows"
-- hint: write -- detector: silence WARNING 3
-- name: A
-- summary: S.
-- on: region_health
-- metric: m
-- detector: silence WARNING 3
-- message: In {region}: {value:percent}
-- for: 3 windows
SELECT region, window_start, window_end, 1 AS value, 1 AS samples FROM region_health
