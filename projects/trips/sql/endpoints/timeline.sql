-- name: GET /metrics/region/{region_id}/timeline
-- summary: Trips of a region, minute by minute.
-- param: region_id integer in 0..1000000   -- Number of the region
-- param: minutes   integer = 60 in 1..1440 -- Look-back: minutes that have ended, and the running one
-- returns: rows
-- meta: region_id = :region_id
SELECT window_start, trip_count, round(avg_fare, 2) AS avg_fare, round(avg_duration, 1) AS avg_duration, p95_fare,
       p95_duration,
       -- Whether the minute has ended, by the stream's watermark.
       window_end <= coalesce(final_until('region_trips'), '-infinity') AS is_final
FROM region_trips
WHERE region_id = :region_id AND window_start >= date_trunc('minute', now()) - :minutes * INTERVAL '1 minute'
ORDER BY window_start;
