-- error: 9:12: labels are names and values near "team video"
-- hint: write -- labels: team=video, service=downloads
-- name: A
-- summary: S.
-- on: region_health
-- metric: m
-- detector: threshold above WARNING 0.10, CRITICAL 0.15
-- message: In {region}: {value:percent}
-- labels: team video
SELECT region, window_start, window_end, 1 AS value, 1 AS samples FROM region_health
