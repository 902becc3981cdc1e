-- error: 9:54: a column of an alert needs a name near "2"
-- hint: add AS and a name
-- name: A
-- summary: S.
-- on: region_health
-- metric: m
-- detector: threshold above WARNING 0.10, CRITICAL 0.15
-- message: In {region}: {value:percent}
SELECT region, window_start, window_end, 1 AS value, 2 + 3, 1 AS samples FROM region_health
