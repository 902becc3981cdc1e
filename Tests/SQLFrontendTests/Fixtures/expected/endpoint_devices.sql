WITH endpoint_rows AS MATERIALIZED (
WITH complete AS MATERIALIZED (
  SELECT coalesce(($4::timestamptz), greatest(date_trunc('minute', final_until('device_stats')), date_trunc('minute', now()) - INTERVAL '1 minute',
                                 (SELECT min(window_start) + INTERVAL '1 minute' FROM device_stats))) AS until)
SELECT device_type || ' (' || os_version || ')'                               AS device,
       sum(total_downloads)::bigint                                          AS total_downloads,
       (sum(successful_downloads) / sum(total_downloads))::double precision  AS success_rate,
       -- Mean speed of successful downloads in megabits per second; null without any.
       sum(avg_speed_mbps_sum)
         / NULLIF(sum(successful_downloads), 0)::double precision            AS avg_speed
FROM device_stats
WHERE window_start >= coalesce(($3::timestamptz), (SELECT until FROM complete) - ($1::integer) * INTERVAL '1 minute')
  AND window_start < (SELECT until FROM complete)
GROUP BY device_type, os_version
ORDER BY total_downloads DESC, device_type, os_version
LIMIT ($2::integer)
)
SELECT json_build_object(
  'data', COALESCE((SELECT json_agg("streampulse row") FROM endpoint_rows AS "streampulse row"), '[]'::json),
  'count', (SELECT count(*) FROM endpoint_rows),
  'window_minutes', (($1::integer)),
  'complete_until', (greatest(date_trunc('minute', final_until('device_stats')), date_trunc('minute', now()) - INTERVAL '1 minute'))
)::text;
