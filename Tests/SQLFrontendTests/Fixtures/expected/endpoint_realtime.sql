WITH endpoint_rows AS MATERIALIZED (
WITH complete AS MATERIALIZED (
  SELECT coalesce(($3::timestamptz), greatest(date_trunc('minute', final_until('region_health')), date_trunc('minute', now()) - INTERVAL '1 minute',
                                 (SELECT min(window_start) + INTERVAL '1 minute' FROM region_health))) AS until)
SELECT COALESCE(r.total_downloads, 0)::bigint AS total_downloads,
       c.unique_content                       AS unique_content,
       -- Weighted: successes over attempts, never a mean of rates. 0 without downloads.
       COALESCE(r.successful_downloads::double precision / NULLIF(r.total_downloads, 0)::double precision, 0)
                                              AS avg_success_rate,
       -- Seconds, weighted; null without downloads.
       (r.duration_sum / NULLIF(r.total_downloads, 0))::double precision AS avg_download_time,
       -- Over the minutes of the look-back since the first download.
       COALESCE(round(r.total_downloads::numeric / r.minutes, 4), 0)::double precision AS downloads_per_minute,
       r.until AS complete_until,
       -- What came since.
       json_build_object('total_downloads', COALESCE(r.running_downloads, 0)::bigint) AS running
FROM (SELECT sum(total_downloads) FILTER (WHERE window_start < (SELECT until FROM complete))          AS total_downloads,
             sum(successful_downloads) FILTER (WHERE window_start < (SELECT until FROM complete))     AS successful_downloads,
             sum(avg_duration_seconds_sum) FILTER (WHERE window_start < (SELECT until FROM complete)) AS duration_sum,
             sum(total_downloads) FILTER (WHERE ($3::timestamptz) IS NULL AND NOT window_start < (SELECT until FROM complete))      AS running_downloads,
             greatest(extract(epoch FROM (SELECT until FROM complete) - min(window_start)) / 60, 1) AS minutes,
             (SELECT until FROM complete) AS until
      FROM region_health
      WHERE window_start >= coalesce(($2::timestamptz), (SELECT until FROM complete) - ($1::integer) * INTERVAL '1 minute')) AS r,
     (SELECT count(DISTINCT content_id) AS unique_content
      FROM content_stats
      WHERE window_start >= coalesce(($2::timestamptz), (SELECT until FROM complete) - ($1::integer) * INTERVAL '1 minute')
        AND window_start < (SELECT until FROM complete)) AS c
)
SELECT (SELECT row_to_json("streampulse row") FROM endpoint_rows AS "streampulse row")::text;
