-- error: 6:8: a parameter is written by its name near "$1"
-- hint: write :name
-- name: GET /api/x
-- summary: S.
-- returns: rows
SELECT $1 AS a
