-- error: 5:11: an integer needs a range near "minutes integer = 5"
-- hint: write name integer = 5 in 1..60 -- Description
-- name: GET /api/x
-- summary: S.
-- param: minutes integer = 5
-- returns: rows
SELECT :minutes AS a
