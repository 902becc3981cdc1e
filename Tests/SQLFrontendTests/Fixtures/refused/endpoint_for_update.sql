-- error: 6:17: FOR UPDATE and its kin are not allowed here near "FOR"
-- hint: the statement may only read
-- name: GET /api/x
-- summary: S.
-- returns: rows
SELECT a FROM t FOR UPDATE
