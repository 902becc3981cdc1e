-- error: 6:24: two columns are called region near "h.region"
-- hint: write AS and another name behind one of them
-- name: GET /api/x
-- summary: S.
-- returns: object
SELECT region, 1 AS n, h.region FROM region_health AS h
UNION ALL SELECT 'x', 2, 'y';
