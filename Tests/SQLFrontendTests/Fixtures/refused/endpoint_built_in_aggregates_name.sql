-- error: 3:10: the path /api/aggregates/sales is taken: the API itself answers it near "GET /api/aggregates/sales"
-- hint: write -- name: GET /api/endpoint_built_in_aggregates_name
-- name: GET /api/aggregates/sales
-- summary: S.
-- returns: rows
SELECT 1 AS n
