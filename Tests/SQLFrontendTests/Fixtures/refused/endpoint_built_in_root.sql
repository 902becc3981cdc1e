-- error: 3:10: the path / is taken: the API itself answers it near "GET /"
-- hint: write -- name: GET /api/endpoint_built_in_root
-- name: GET /
-- summary: S.
-- returns: rows
SELECT 1 AS n
