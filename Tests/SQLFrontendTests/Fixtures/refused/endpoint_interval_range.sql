-- error: 4:25: the range of an interval is written 1m..7 days near "in 1..x"
-- name: GET /api/x
-- summary: S.
-- param: step interval in 1..x
-- returns: rows
SELECT :step AS a
