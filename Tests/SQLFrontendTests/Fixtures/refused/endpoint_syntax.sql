-- error: 5:13: syntax error near "WHERE"
-- name: GET /api/x
-- summary: S.
-- returns: rows
SELECT FROM WHERE
