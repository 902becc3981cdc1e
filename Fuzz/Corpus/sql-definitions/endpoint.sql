-- name: GET /api/x/devices-2
-- summary: All kinds of parameters.
-- param: minutes integer = 5 in 1..60 -- Look-back.
-- param: device text? in iPhone|iPad
-- param: since text?
-- param: flag boolean = false
-- returns: rows
-- meta: window_minutes = :minutes
SELECT device_type, sum(total_downloads) OVER (PARTITION BY os_version) AS n FROM device_stats
WHERE window_start >= now() - :minutes * INTERVAL '1 minute' AND (:device IS NULL OR device_type = :device)
  AND (NOT :flag OR is_final('device_stats', window_end)) AND window_end > coalesce(:since::timestamptz, '-infinity');
