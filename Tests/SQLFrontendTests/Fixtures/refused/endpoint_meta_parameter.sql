-- error: 5:14: there is no parameter "b" near ":b"
-- hint: declare it: -- param: name integer = 5 in 1..60 -- Description
-- name: GET /api/x
-- summary: S.
-- meta: a = :b
-- returns: rows
SELECT 1 AS a
