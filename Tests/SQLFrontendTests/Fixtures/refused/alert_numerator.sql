-- error: 9:1: a rate has both a numerator and a denominator near "SELECT"
-- hint: write … AS numerator, … AS denominator
-- name: A
-- summary: S.
-- on: region_health
-- metric: m
-- detector: threshold above WARNING 0.10, CRITICAL 0.15
-- message: In {region}: {value:percent}
SELECT region, window_start, window_end, 1 AS value, failed_downloads AS numerator FROM region_health
