-- name: GET /nexmark/highest-bids
-- summary: Query 7: the highest bid of each ten seconds, the newest first.
-- param: minutes integer = 5 in 1..1440  -- Look-back
-- param: limit   integer = 30 in 1..1000 -- Number of rows
-- returns: rows
SELECT window_start, highest
FROM q7_highest_bid
WHERE window_end >= now() - :minutes * INTERVAL '1 minute'
ORDER BY window_start DESC
LIMIT :limit;
