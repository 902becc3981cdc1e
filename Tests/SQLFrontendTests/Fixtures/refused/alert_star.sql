-- error: 9:8: a column of an alert needs a name near "*"
-- hint: add AS and a name
-- name: A
-- summary: S.
-- on: region_health
-- metric: m
-- detector: threshold above WARNING 0.10, CRITICAL 0.15
-- message: In {region}: {value:percent}
SELECT *, window_start, window_end, 1 AS value, 1 AS samples FROM region_health
