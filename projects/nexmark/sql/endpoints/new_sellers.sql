-- name: GET /nexmark/new-sellers
-- summary: Query 8: who has registered and put something up for sale within the same ten seconds, the newest first.
-- param: minutes integer = 5 in 1..1440  -- Look-back
-- param: limit   integer = 30 in 1..1000 -- Number of rows
-- returns: rows
SELECT persons.window_start, persons.id, persons.name, sellers.auctions
FROM q8_new_persons AS persons
JOIN q8_sellers AS sellers
  ON sellers.window_start = persons.window_start AND sellers.seller = persons.id
WHERE persons.window_end >= now() - :minutes * INTERVAL '1 minute'
ORDER BY persons.window_start DESC, persons.id
LIMIT :limit;
