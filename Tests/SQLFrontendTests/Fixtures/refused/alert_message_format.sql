-- error: 8:26: there is no such format near "{value:procent}"
-- hint: write {value} or {value:percent}
-- name: A
-- summary: S.
-- on: region_health
-- metric: m
-- detector: threshold above WARNING 0.10, CRITICAL 0.15
-- message: In {region}: {value:procent}
SELECT region, window_start, window_end, 1 AS value, 1 AS samples FROM region_health
