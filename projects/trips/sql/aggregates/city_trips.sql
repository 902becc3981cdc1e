-- Trips of all regions by the hour.
-- Grain: hour of event time. Made of the same events as region_trips, and exact.
-- format total_fare: currency USD
-- format total_distance: number km
CREATE MATERIALIZED VIEW city_trips WITH (retention = '365 days') AS
SELECT sum(trip_count)                                          AS trip_count,
       sum(total_fare)                                          AS total_fare,
       sum(total_distance)                                      AS total_distance,
       -- Regions that had any trip.
       approx_count_distinct(region_id)                         AS regions
FROM region_trips
GROUP BY tumble(window_start, INTERVAL '1 hour');
