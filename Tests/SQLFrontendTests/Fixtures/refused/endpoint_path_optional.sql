-- error: 5:11: a parameter in the path is one value that is always there near "id text ?"
-- hint: write id text without ?, default and []
-- name: GET /api/x/{id}
-- summary: S.
-- param: id text ?
-- returns: rows
SELECT :id AS a
