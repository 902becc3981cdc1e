-- error: 5:14: a parameter cannot be of type timestamp near "timestamp"
-- hint: did you mean timestamptz? types are boolean, integer, bigint, double, text, timestamptz, interval, uuid, jsonb, and lists of them like text[]
-- name: GET /api/x
-- summary: S.
-- param: at timestamp
-- returns: rows
SELECT :at AS a
