-- error: 8:16: the message names {regoin}, which the alert does not have near "{regoin}: {value:percent}"
-- hint: did you mean {region}? it has value, samples, expected, probability, threshold, severity, metric, window_start, window_end, region
-- name: A
-- summary: S.
-- on: region_health
-- metric: m
-- detector: threshold above WARNING 0.10, CRITICAL 0.15
-- message: In {regoin}: {value:percent}
SELECT region, window_start, window_end, 1 AS value, 1 AS samples FROM region_health
