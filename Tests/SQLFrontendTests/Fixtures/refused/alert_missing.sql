-- error: 9:13: missing is the value of windows of which a key has no row near "none"
-- hint: write -- missing: 0
-- name: A
-- summary: S.
-- on: region_health
-- metric: m
-- detector: threshold above WARNING 0.10, CRITICAL 0.15
-- message: In {region}: {value:percent}
-- missing: none
SELECT region, window_start, window_end, 1 AS value, 1 AS samples FROM region_health
