WITH endpoint_rows AS MATERIALIZED (
SELECT COALESCE(r.total_downloads, 0)::bigint AS total_downloads,
       c.unique_content                       AS unique_content,
       -- Weighted: successes over attempts, never a mean of rates. 0 without downloads.
       COALESCE(r.successful_downloads::double precision / NULLIF(r.total_downloads, 0)::double precision, 0)
                                              AS avg_success_rate,
       -- Seconds, weighted; null without downloads.
       (r.duration_sum / NULLIF(r.total_downloads, 0))::double precision AS avg_download_time
FROM (SELECT sum(total_downloads)          AS total_downloads,
             sum(successful_downloads)     AS successful_downloads,
             sum(avg_duration_seconds_sum) AS duration_sum
      FROM region_health
      WHERE window_start >= coalesce(($2::timestamptz), coalesce(($3::timestamptz), now()) - ($1::integer) * INTERVAL '1 minute')
        AND (($3::timestamptz) IS NULL OR window_start < ($3::timestamptz))) AS r,
     (SELECT count(DISTINCT content_id) AS unique_content
      FROM content_stats
      WHERE window_start >= coalesce(($2::timestamptz), coalesce(($3::timestamptz), now()) - ($1::integer) * INTERVAL '1 minute')
        AND (($3::timestamptz) IS NULL OR window_start < ($3::timestamptz))) AS c
)
SELECT (SELECT row_to_json("streampulse row") FROM endpoint_rows AS "streampulse row")::text;
