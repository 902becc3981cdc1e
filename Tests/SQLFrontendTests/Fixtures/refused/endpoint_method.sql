-- error: 3:10: an endpoint's name is GET and a path near "POST /api/x"
-- hint: write -- name: GET /api/endpoint_method
-- name: POST /api/x
-- summary: S.
-- returns: rows
SELECT 1 AS a
