-- error: 5:13: a meta member is one expression near " 1 FROM t"
-- hint: write -- meta: window_minutes = :minutes
-- name: GET /api/x
-- summary: S.
-- meta: a = 1 FROM t
-- returns: rows
SELECT 1 AS a
