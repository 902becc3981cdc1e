-- error: 6:16: the file contains more than one statement near "SELECT"
-- hint: a definition file holds one statement; give the others files of their own
-- name: GET /api/x
-- summary: S.
-- returns: rows
SELECT 1 AS a; SELECT 2 AS a
