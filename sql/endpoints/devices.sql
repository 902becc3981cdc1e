-- name: GET /api/stats/devices
-- summary: Downloads, success rate and speed of each device and operating system over the last minutes.
-- param: minutes integer = 5 in 1..1440    -- Look-back window in minutes
-- param: limit   integer = 10 in 1..100    -- Number of results
-- param: start   timestamptz ?             -- Windows that begin then or later, in place of the last minutes
-- param: end     timestamptz ?             -- Windows that begin before
-- returns: rows
-- meta: window_minutes = :minutes
SELECT device_type || ' (' || os_version || ')'                               AS device,
       sum(total_downloads)::bigint                                          AS total_downloads,
       (sum(successful_downloads) / sum(total_downloads))::double precision  AS success_rate,
       -- Mean speed of successful downloads in megabits per second; null without any.
       sum(avg_speed_mbps_sum)
         / NULLIF(sum(successful_downloads), 0)::double precision            AS avg_speed
FROM device_stats
WHERE window_start >= coalesce(:start, coalesce(:end, now()) - :minutes * INTERVAL '1 minute')
  AND (:end IS NULL OR window_start < :end)
GROUP BY device_type, os_version
ORDER BY total_downloads DESC, device_type, os_version
LIMIT :limit;
