-- error: 6:15: SELECT INTO is not allowed here near "INTO"
-- hint: the statement may only read
-- name: GET /api/x
-- summary: S.
-- returns: rows
SELECT 1 AS a INTO t
