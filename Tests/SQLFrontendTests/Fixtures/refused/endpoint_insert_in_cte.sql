-- error: 6:12: DELETE is not allowed here near "DELETE"
-- hint: the statement may only read
-- name: GET /api/x
-- summary: S.
-- returns: rows
WITH a AS (DELETE FROM t RETURNING 1) SELECT 1 AS a
