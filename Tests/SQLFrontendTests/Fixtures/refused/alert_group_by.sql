-- error: 9:14: the alert has no key regoin near "regoin"
-- hint: did you mean region? its keys are region
-- name: A
-- summary: S.
-- on: region_health
-- metric: m
-- detector: threshold above WARNING 0.10, CRITICAL 0.15
-- message: In {region}: {value:percent}
-- group_by: regoin
SELECT region, window_start, window_end, 1 AS value, 1 AS samples FROM region_health
