-- name: GET /api/stats/timeseries
-- summary: Downloads of all regions together, window by window: the complete ones of the look-back, and the running one.
-- param: minutes integer = 60 in 1..1440    -- Look-back: so many complete minutes
-- param: start   timestamptz ?             -- Windows that begin then or later, in place of the last minutes
-- param: end     timestamptz ?             -- Windows that begin before, in place of the complete ones
-- returns: rows
-- meta: start_time = to_char(coalesce(:start, coalesce(:end, greatest(date_trunc('minute', final_until('region_health')), date_trunc('minute', now()) - INTERVAL '1 minute')) - :minutes * INTERVAL '1 minute') AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
-- meta: end_time = to_char(coalesce(:end, now()) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
-- meta: complete_until = greatest(date_trunc('minute', final_until('region_health')), date_trunc('minute', now()) - INTERVAL '1 minute')
WITH complete AS MATERIALIZED (
  SELECT greatest(date_trunc('minute', final_until('region_health')), date_trunc('minute', now()) - INTERVAL '1 minute')
           AS until)
SELECT to_char(region_health.window_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS window_start,
       sum(total_downloads)::bigint                                                         AS total_downloads,
       (sum(successful_downloads) / sum(total_downloads))::double precision                 AS success_rate,
       -- Whether the window may still grow.
       region_health.window_start >= (SELECT until FROM complete)                           AS running
FROM region_health
WHERE region_health.window_start
        >= coalesce(:start, coalesce(:end, (SELECT until FROM complete)) - :minutes * INTERVAL '1 minute')
  AND (:end IS NULL OR region_health.window_start < :end)
GROUP BY region_health.window_start
ORDER BY region_health.window_start;
