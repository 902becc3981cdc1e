-- error: 10:1: min_samples needs a column that says how many there are near "SELECT"
-- hint: write SELECT region, window_start, window_end, … AS value, … AS samples FROM region_health
-- name: A
-- summary: S.
-- on: region_health
-- metric: m
-- detector: threshold above WARNING 0.10, CRITICAL 0.15
-- message: In {region}: {value:percent}
-- min_samples: 5
SELECT region, window_start, window_end, 1 AS value FROM region_health
