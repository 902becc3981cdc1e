-- name: GET /nexmark/hot-items
-- summary: Query 5: the auctions with the most bids in ten seconds, the newest of these first.
-- param: minutes integer = 1 in 1..60    -- Look-back
-- param: limit   integer = 10 in 1..1000 -- Number of rows
-- returns: rows
SELECT window_start, window_end, auction, bids
FROM (SELECT window_start, window_end, auction, bids,
             rank() OVER (PARTITION BY window_start ORDER BY bids DESC) AS place
      FROM q5_hot_items
      WHERE window_end >= now() - :minutes * INTERVAL '1 minute') AS ranked
WHERE place = 1
ORDER BY window_start DESC, auction
LIMIT :limit;
