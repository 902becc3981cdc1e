-- error: 4:17: syntax error
-- name: GET /api/x
-- summary: S.
-- meta: a = 1 +
-- returns: rows
SELECT 1 AS a
