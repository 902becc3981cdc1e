-- error: 3:10: the path /api/aggregates is taken: the API itself answers it near "GET /api/aggregates"
-- hint: write -- name: GET /api/endpoint_built_in_aggregates
-- name: GET /api/aggregates
-- summary: S.
-- returns: rows
SELECT 1 AS n
