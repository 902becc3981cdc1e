-- error: 3:10: an endpoint's name is GET or POST and a path near "PATCH /api/x"
-- hint: write -- name: GET /api/endpoint_method
-- name: PATCH /api/x
-- summary: S.
-- returns: rows
SELECT 1 AS a
