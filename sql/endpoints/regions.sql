-- name: GET /api/stats/regions
-- summary: Downloads, success rate, speed and health of each region over the last minutes.
-- param: minutes integer = 5 in 1..1440    -- Look-back window in minutes
-- param: start   timestamptz ?             -- Windows that begin then or later, in place of the last minutes
-- param: end     timestamptz ?             -- Windows that begin before
-- returns: rows
-- meta: window_minutes = :minutes
SELECT region,
       downloads,
       success_rate,
       -- Mean speed of successful downloads in megabits per second; null without any.
       avg_speed,
       CASE WHEN success_rate >= 0.95 THEN 'healthy'
            WHEN success_rate >= 0.90 THEN 'degraded'
            ELSE 'critical' END AS health_status
FROM (SELECT region,
             sum(total_downloads)::bigint                                          AS downloads,
             (sum(successful_downloads) / sum(total_downloads))::double precision  AS success_rate,
             sum(avg_speed_mbps_sum)
               / NULLIF(sum(successful_downloads), 0)::double precision            AS avg_speed
      FROM region_health
      WHERE window_start >= coalesce(:start, coalesce(:end, now()) - :minutes * INTERVAL '1 minute')
        AND (:end IS NULL OR window_start < :end)
      GROUP BY region) AS totals
ORDER BY downloads DESC, region;
