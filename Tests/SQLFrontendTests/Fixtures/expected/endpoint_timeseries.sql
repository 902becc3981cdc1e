WITH endpoint_rows AS MATERIALIZED (
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
        >= coalesce(($2::timestamptz), coalesce(($3::timestamptz), (SELECT until FROM complete)) - ($1::integer) * INTERVAL '1 minute')
  AND (($3::timestamptz) IS NULL OR region_health.window_start < ($3::timestamptz))
GROUP BY region_health.window_start
ORDER BY region_health.window_start
)
SELECT json_build_object(
  'data', COALESCE((SELECT json_agg("streampulse row") FROM endpoint_rows AS "streampulse row"), '[]'::json),
  'count', (SELECT count(*) FROM endpoint_rows),
  'start_time', (to_char(coalesce(($2::timestamptz), coalesce(($3::timestamptz), greatest(date_trunc('minute', final_until('region_health')), date_trunc('minute', now()) - INTERVAL '1 minute')) - ($1::integer) * INTERVAL '1 minute') AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')),
  'end_time', (to_char(coalesce(($3::timestamptz), now()) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')),
  'complete_until', (greatest(date_trunc('minute', final_until('region_health')), date_trunc('minute', now()) - INTERVAL '1 minute'))
)::text;
