-- name: GET /api/stats/timeseries
-- summary: Downloads of all regions together, window by window.
-- param: minutes integer = 60 in 1..1440    -- Look-back window in minutes
-- param: start   timestamptz ?              -- Windows that begin then or later, in place of the last minutes
-- param: end     timestamptz ?              -- Windows that begin before
-- returns: rows
-- meta: start_time = to_char(coalesce(:start, coalesce(:end, now()) - :minutes * INTERVAL '1 minute') AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
-- meta: end_time = to_char(coalesce(:end, now()) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
SELECT to_char(region_health.window_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS window_start,
       sum(total_downloads)::bigint                                                         AS total_downloads,
       (sum(successful_downloads) / sum(total_downloads))::double precision                 AS success_rate
FROM region_health
WHERE region_health.window_start >= coalesce(:start, coalesce(:end, now()) - :minutes * INTERVAL '1 minute')
  AND (:end IS NULL OR region_health.window_start < :end)
GROUP BY region_health.window_start
ORDER BY region_health.window_start;
