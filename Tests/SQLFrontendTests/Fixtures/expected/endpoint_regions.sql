WITH endpoint_rows AS MATERIALIZED (
WITH complete AS MATERIALIZED (
  SELECT coalesce(($3::timestamptz), greatest(date_trunc('minute', final_until('region_health')), date_trunc('minute', now()) - INTERVAL '1 minute',
                                 (SELECT min(window_start) + INTERVAL '1 minute' FROM region_health))) AS until)
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
      WHERE window_start >= coalesce(($2::timestamptz), (SELECT until FROM complete) - ($1::integer) * INTERVAL '1 minute')
        AND window_start < (SELECT until FROM complete)
      GROUP BY region) AS totals
ORDER BY downloads DESC, region
)
SELECT json_build_object(
  'data', COALESCE((SELECT json_agg("streampulse row") FROM endpoint_rows AS "streampulse row"), '[]'::json),
  'count', (SELECT count(*) FROM endpoint_rows),
  'window_minutes', (($1::integer)),
  'complete_until', (greatest(date_trunc('minute', final_until('region_health')), date_trunc('minute', now()) - INTERVAL '1 minute'))
)::text;
