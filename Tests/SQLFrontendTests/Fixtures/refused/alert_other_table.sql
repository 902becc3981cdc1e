-- error: 9:1: the SELECT does not read region_health near "SELECT"
-- hint: write SELECT region, window_start, window_end, … AS value, … AS samples FROM region_health
-- name: A
-- summary: S.
-- on: region_health
-- metric: m
-- detector: threshold above WARNING 0.10, CRITICAL 0.15
-- message: In {region}: {value:percent}
SELECT region, window_start, window_end, 1 AS value, 1 AS samples FROM other
