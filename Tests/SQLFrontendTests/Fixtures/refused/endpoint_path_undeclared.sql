-- error: 3:10: the path has a parameter {id} that is not declared near "GET /api/x/{id}"
-- hint: add -- param: id text
-- name: GET /api/x/{id}
-- summary: S.
-- returns: rows
SELECT 1 AS a
