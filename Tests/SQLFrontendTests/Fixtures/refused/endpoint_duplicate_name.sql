-- error: 7:17: two columns are called a near "2"
-- hint: write AS and another name behind one of them
-- name: GET /api/x
-- summary: S.
-- param: n integer = 1 in 1..5
-- returns: rows
SELECT :n AS a, 2 AS a, 3 AS b;
