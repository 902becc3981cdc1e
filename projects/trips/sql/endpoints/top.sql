-- name: GET /metrics/regions/top
-- summary: Regions that lead over the last minutes.
-- param: by      text = trips in trips|fares|avg_fare|distance   -- By what they are ordered
-- param: limit   integer = 5 in 1..100                           -- Number of regions
-- param: minutes integer = 60 in 1..1440                         -- Look-back: minutes that have ended, and the running one
-- returns: rows
-- meta: by = :by
SELECT region_id, trips, fares, avg_fare, distance
FROM (SELECT region_id,
             sum(trip_count)::bigint                            AS trips,
             -- Fares together, in dollars.
             sum(total_fare)                                    AS fares,
             round(sum(total_fare) / sum(trip_count), 2)        AS avg_fare,
             -- Kilometres together.
             sum(total_distance)                                AS distance
      FROM region_trips
      WHERE window_start >= date_trunc('minute', now()) - :minutes * INTERVAL '1 minute'
      GROUP BY region_id) AS totals
ORDER BY CASE :by WHEN 'trips' THEN trips WHEN 'fares' THEN fares WHEN 'avg_fare' THEN avg_fare
           ELSE distance::numeric END DESC, region_id
LIMIT :limit;
