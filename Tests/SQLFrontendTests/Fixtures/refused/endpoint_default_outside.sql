-- error: 4:11: the default is outside of the range near "minutes integer = 61 in 1..60"
-- name: GET /api/x
-- summary: S.
-- param: minutes integer = 61 in 1..60
-- returns: rows
SELECT :minutes AS a
