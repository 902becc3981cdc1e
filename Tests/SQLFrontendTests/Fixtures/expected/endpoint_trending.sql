WITH endpoint_rows AS MATERIALIZED (
WITH complete AS MATERIALIZED (
  SELECT coalesce(($4::timestamptz), greatest(date_trunc('minute', final_until('content_stats')), date_trunc('minute', now()) - INTERVAL '1 minute',
                                 (SELECT min(window_start) + INTERVAL '1 minute' FROM content_stats))) AS until)
SELECT content_id,
       max(title)                         AS title,
       sum(download_count)::bigint        AS total_downloads,
       sum(successful_downloads)::bigint  AS successful_downloads,
       sum(failed_downloads)::bigint      AS failed_downloads,
       (sum(successful_downloads) / sum(download_count))::double precision AS success_rate
FROM content_stats
WHERE window_start >= coalesce(($3::timestamptz), (SELECT until FROM complete) - ($1::integer) * INTERVAL '1 minute')
  AND window_start < (SELECT until FROM complete)
GROUP BY content_id
ORDER BY total_downloads DESC, content_id
LIMIT ($2::integer)
)
SELECT json_build_object(
  'data', COALESCE((SELECT json_agg("streampulse row") FROM endpoint_rows AS "streampulse row"), '[]'::json),
  'count', (SELECT count(*) FROM endpoint_rows),
  'window_minutes', (($1::integer)),
  'complete_until', (greatest(date_trunc('minute', final_until('content_stats')), date_trunc('minute', now()) - INTERVAL '1 minute'))
)::text;
