-- error: 7:14: there is no detector zskore near "zskore above WARNING 0.10, CRITICAL 0.15"
-- hint: did you mean zscore? detectors are threshold, zscore, ewma, cusum, mad, seasonal, rate_of_change, adaptive, silence
-- name: A
-- summary: S.
-- on: region_health
-- metric: m
-- detector: zskore above WARNING 0.10, CRITICAL 0.15
-- message: In {region}: {value:percent}
SELECT region, window_start, window_end, 1 AS value, 1 AS samples FROM region_health
