-- name: GET /summary
-- summary: The last minutes in one row: requests, errors, bytes, sizes of answers and visitors.
-- param: minutes integer = 60 in 1..10080   -- Look-back: minutes that have ended, and the running one
-- returns: object
SELECT coalesce(sum(requests), 0)::bigint                                          AS requests,
       coalesce(sum(requests) FILTER (WHERE status_class = 5), 0)::bigint          AS server_errors,
       coalesce(sum(requests) FILTER (WHERE status_class = 4), 0)::bigint          AS client_errors,
       coalesce(sum(bytes), 0)                                                     AS bytes,
       percentile_estimate(percentile_merge(p50_bytes_state), 0.5)                 AS p50_bytes,
       percentile_estimate(percentile_merge(p50_bytes_state), 0.95)                AS p95_bytes,
       percentile_estimate(percentile_merge(p50_bytes_state), 0.99)                AS p99_bytes,
       approx_count_distinct_estimate(approx_count_distinct_merge(visitors_state)) AS visitors
FROM traffic_state
WHERE window_start >= date_trunc('minute', now()) - :minutes * INTERVAL '1 minute';
