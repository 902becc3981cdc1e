-- name: GET /api/stats/realtime
-- summary: Downloads of all regions together over the last minutes.
-- param: minutes integer = 5 in 1..1440    -- Look-back window in minutes
-- param: start   timestamptz ?             -- Windows that begin then or later, in place of the last minutes
-- param: end     timestamptz ?             -- Windows that begin before
-- returns: object
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
      WHERE window_start >= coalesce(:start, coalesce(:end, now()) - :minutes * INTERVAL '1 minute')
        AND (:end IS NULL OR window_start < :end)) AS r,
     (SELECT count(DISTINCT content_id) AS unique_content
      FROM content_stats
      WHERE window_start >= coalesce(:start, coalesce(:end, now()) - :minutes * INTERVAL '1 minute')
        AND (:end IS NULL OR window_start < :end)) AS c;
