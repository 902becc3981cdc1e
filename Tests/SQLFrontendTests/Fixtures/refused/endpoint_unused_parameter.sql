-- error: 5:11: parameter "minutes" is not used near "minutes integer = 5 in 1..60"
-- hint: write :minutes in the SELECT
-- name: GET /api/x
-- summary: S.
-- param: minutes integer = 5 in 1..60
-- returns: rows
SELECT ':minutes' AS a
