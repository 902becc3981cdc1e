-- error: 9:14: months and years have no fixed length near "1 month"
-- hint: write the length in days or weeks, e.g. '30 days'
-- name: A
-- summary: S.
-- on: region_health
-- metric: m
-- detector: threshold above WARNING 0.10, CRITICAL 0.15
-- message: In {region}: {value:percent}
-- cooldown: 1 month
SELECT region, window_start, window_end, 1 AS value, 1 AS samples FROM region_health
