WITH endpoint_rows AS MATERIALIZED (
SELECT device_type || ' (' || os_version || ')'                               AS device,
       sum(total_downloads)::bigint                                          AS total_downloads,
       (sum(successful_downloads) / sum(total_downloads))::double precision  AS success_rate,
       -- Mean speed of successful downloads in megabits per second; null without any.
       sum(avg_speed_mbps_sum)
         / NULLIF(sum(successful_downloads), 0)::double precision            AS avg_speed
FROM device_stats
WHERE window_start >= coalesce(($3::timestamptz), coalesce(($4::timestamptz), now()) - ($1::integer) * INTERVAL '1 minute')
  AND (($4::timestamptz) IS NULL OR window_start < ($4::timestamptz))
GROUP BY device_type, os_version
ORDER BY total_downloads DESC, device_type, os_version
LIMIT ($2::integer)
)
SELECT json_build_object(
  'data', COALESCE((SELECT json_agg("streampulse row") FROM endpoint_rows AS "streampulse row"), '[]'::json),
  'count', (SELECT count(*) FROM endpoint_rows),
  'window_minutes', (($1::integer))
)::text;
