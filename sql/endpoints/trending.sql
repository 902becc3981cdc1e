-- name: GET /api/stats/trending
-- summary: Top content by downloads over the last complete minutes.
-- param: minutes integer = 5 in 1..1440    -- Look-back: so many complete minutes
-- param: limit   integer = 5 in 1..100     -- Number of results
-- param: start   timestamptz ?             -- Windows that begin then or later, in place of the last minutes
-- param: end     timestamptz ?             -- Windows that begin before, in place of the complete ones
-- returns: rows
-- meta: window_minutes = :minutes
-- meta: complete_until = greatest(date_trunc('minute', final_until('content_stats')), date_trunc('minute', now()) - INTERVAL '1 minute')
-- So many complete minutes; what came since stands apart as running. A source or a processor that lags for more than a
-- minute does not stop the clock, and before the first minute is over it counts although it still runs.
WITH complete AS MATERIALIZED (
  SELECT coalesce(:end, greatest(date_trunc('minute', final_until('content_stats')), date_trunc('minute', now()) - INTERVAL '1 minute',
                                 (SELECT min(window_start) + INTERVAL '1 minute' FROM content_stats))) AS until)
SELECT content_id,
       max(title)                         AS title,
       sum(download_count)::bigint        AS total_downloads,
       sum(successful_downloads)::bigint  AS successful_downloads,
       sum(failed_downloads)::bigint      AS failed_downloads,
       (sum(successful_downloads) / sum(download_count))::double precision AS success_rate
FROM content_stats
WHERE window_start >= coalesce(:start, (SELECT until FROM complete) - :minutes * INTERVAL '1 minute')
  AND window_start < (SELECT until FROM complete)
GROUP BY content_id
ORDER BY total_downloads DESC, content_id
LIMIT :limit;
