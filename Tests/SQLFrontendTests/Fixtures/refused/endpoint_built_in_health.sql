-- error: 3:10: the path /health is taken: the API itself answers it near "GET /health"
-- hint: write -- name: GET /api/endpoint_built_in_health
-- name: GET /health
-- summary: S.
-- returns: rows
SELECT 1 AS n
