-- error: 3:10: the path /-/metrics is taken: the API itself answers it near "GET /-/metrics"
-- hint: write -- name: GET /api/endpoint_built_in_metrics
-- name: GET /-/metrics
-- summary: S.
-- returns: rows
SELECT 1 AS n
