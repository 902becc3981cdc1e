-- name: GET /paths/top
-- summary: The paths that are asked for most.
-- param: minutes integer = 60 in 1..10080                  -- Look-back: minutes that have ended, and the running one
-- param: limit   integer = 10 in 1..100                    -- Number of paths
-- returns: rows
SELECT path ->> 'value' AS path, (path ->> 'count')::bigint AS requests
FROM (SELECT approx_top_k_estimate(frequencies_merge(top_paths_counts), :limit, NULL::text COLLATE "C") AS paths
      FROM traffic_state
      WHERE window_start >= date_trunc('minute', now()) - :minutes * INTERVAL '1 minute') AS merged,
     jsonb_array_elements(paths) AS path
ORDER BY requests DESC, path ->> 'value';
