-- error: 7:21: there is no parameter "minute" near ":minute"
-- hint: did you mean :minutes? declare it: -- param: name integer = 5 in 1..60 -- Description
-- name: GET /api/x
-- summary: S.
-- param: minutes integer = 5 in 1..60
-- returns: rows
SELECT 1 AS a WHERE :minute > 1 AND :minutes > 1
