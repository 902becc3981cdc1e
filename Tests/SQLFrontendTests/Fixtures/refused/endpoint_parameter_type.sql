-- error: 5:19: a parameter cannot be of type number near "number = 5 in 1..60"
-- hint: types are integer, text, boolean
-- name: GET /api/x
-- summary: S.
-- param: minutes number = 5 in 1..60
-- returns: rows
SELECT :minutes AS a
