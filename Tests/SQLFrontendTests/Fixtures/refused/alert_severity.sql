-- error: 7:14: a level is a severity and a number near "threshold above WARN 0.10, CRITICAL 0.15"
-- hint: severities are INFO, WARNING, CRITICAL
-- name: A
-- summary: S.
-- on: region_health
-- metric: m
-- detector: threshold above WARN 0.10, CRITICAL 0.15
-- message: In {region}: {value:percent}
SELECT region, window_start, window_end, 1 AS value, 1 AS samples FROM region_health
