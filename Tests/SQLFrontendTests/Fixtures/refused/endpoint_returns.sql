-- error: 5:13: an endpoint returns rows or object near "table"
-- hint: write -- returns: rows
-- name: GET /api/x
-- summary: S.
-- returns: table
SELECT 1 AS a
