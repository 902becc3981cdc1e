-- error: 9:12: notify is a list of targets, whose names are of letters, digits, _ and - near "on call, chat"
-- hint: write -- notify: on_call, chat
-- name: A
-- summary: S.
-- on: region_health
-- metric: m
-- detector: threshold above WARNING 0.10, CRITICAL 0.15
-- message: In {region}: {value:percent}
-- notify: on call, chat
SELECT region, window_start, window_end, 1 AS value, 1 AS samples FROM region_health
