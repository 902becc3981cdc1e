-- name: GET /nexmark/channels
-- summary: Query 16: channels by the day, those with the most bids first.
-- param: days  integer = 1 in 1..30    -- Look-back: the running day, and those before it
-- param: limit integer = 10 in 1..1000 -- Number of rows
-- returns: rows
SELECT window_start, channel, total_bids, rank1_bids, rank2_bids, rank3_bids, total_bidders, total_auctions
FROM q16_channels
WHERE window_end > now() - (:days - 1) * INTERVAL '1 day'
ORDER BY window_start DESC, total_bids DESC, channel
LIMIT :limit;
