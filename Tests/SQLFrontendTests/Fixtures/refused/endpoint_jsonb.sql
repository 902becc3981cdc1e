-- error: 5:11: a jsonb is one value in the body of a POST near "filter jsonb"
-- hint: write text, and cast it in the SELECT
-- name: GET /api/x
-- summary: S.
-- param: filter jsonb
-- returns: rows
SELECT :filter AS a
