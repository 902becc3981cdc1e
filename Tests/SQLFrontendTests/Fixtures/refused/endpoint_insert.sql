-- error: 5:1: only a SELECT is allowed here near "INSERT"
-- name: GET /api/x
-- summary: S.
-- returns: rows
INSERT INTO t VALUES (1)
