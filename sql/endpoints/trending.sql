-- name: GET /api/stats/trending
-- summary: Top content by downloads over the last minutes.
-- param: minutes integer = 5 in 1..1440    -- Look-back window in minutes
-- param: limit   integer = 5 in 1..100     -- Number of results
-- param: start   timestamptz ?             -- Windows that begin then or later, in place of the last minutes
-- param: end     timestamptz ?             -- Windows that begin before
-- returns: rows
-- meta: window_minutes = :minutes
SELECT content_id,
       max(title)                         AS title,
       sum(download_count)::bigint        AS total_downloads,
       sum(successful_downloads)::bigint  AS successful_downloads,
       sum(failed_downloads)::bigint      AS failed_downloads,
       (sum(successful_downloads) / sum(download_count))::double precision AS success_rate
FROM content_stats
WHERE window_start >= coalesce(:start, coalesce(:end, now()) - :minutes * INTERVAL '1 minute')
  AND (:end IS NULL OR window_start < :end)
GROUP BY content_id
ORDER BY total_downloads DESC, content_id
LIMIT :limit;
