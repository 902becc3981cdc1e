-- name: GET /api/stats/devices
-- summary: Downloads, success rate and speed of each device and operating system over the last complete minutes.
-- param: minutes integer = 5 in 1..1440     -- Look-back: so many complete minutes
-- param: limit   integer = 10 in 1..100     -- Number of results
-- param: start   timestamptz ?             -- Windows that begin then or later, in place of the last minutes
-- param: end     timestamptz ?             -- Windows that begin before, in place of the complete ones
-- returns: rows
-- meta: window_minutes = :minutes
-- meta: complete_until = greatest(date_trunc('minute', final_until('device_stats')), date_trunc('minute', now()) - INTERVAL '1 minute')
-- So many complete minutes; what came since stands apart as running. A source or a processor that lags for more than a
-- minute does not stop the clock, and before the first minute is over it counts although it still runs.
WITH complete AS MATERIALIZED (
  SELECT coalesce(:end, greatest(date_trunc('minute', final_until('device_stats')), date_trunc('minute', now()) - INTERVAL '1 minute',
                                 (SELECT min(window_start) + INTERVAL '1 minute' FROM device_stats))) AS until)
SELECT device_type || ' (' || os_version || ')'                               AS device,
       sum(total_downloads)::bigint                                          AS total_downloads,
       (sum(successful_downloads) / sum(total_downloads))::double precision  AS success_rate,
       -- Mean speed of successful downloads in megabits per second; null without any.
       sum(avg_speed_mbps_sum)
         / NULLIF(sum(successful_downloads), 0)::double precision            AS avg_speed
FROM device_stats
WHERE window_start >= coalesce(:start, (SELECT until FROM complete) - :minutes * INTERVAL '1 minute')
  AND window_start < (SELECT until FROM complete)
GROUP BY device_type, os_version
ORDER BY total_downloads DESC, device_type, os_version
LIMIT :limit;
