-- Trips per region and minute: how many, what they cost, how long they take and how far they go.
-- Grain: region and minute of event time. Late events revise the row.
-- format total_fare, avg_fare, p50_fare, p95_fare, p99_fare: currency USD
-- format avg_duration, p50_duration, p95_duration, p99_duration: duration
-- format total_distance, avg_distance: number km
-- thresholds avg_fare: 60, 90
CREATE MATERIALIZED VIEW region_trips WITH (retention = '30 days') AS
SELECT region_id,
       -- Trips that ended.
       count(*)                                                       AS trip_count,
       -- Fares together, in dollars.
       sum(fare)                                                      AS total_fare,
       -- Kilometres together.
       sum(distance)                                                  AS total_distance,
       -- Mean fare in dollars.
       avg(fare)                                                      AS avg_fare,
       -- Mean duration in seconds.
       avg(duration)                                                  AS avg_duration,
       -- Mean distance in kilometres.
       avg(distance)                                                  AS avg_distance,
       -- Half of the fares are below it.
       percentile_cont(0.5) WITHIN GROUP (ORDER BY fare)              AS p50_fare,
       percentile_cont(0.95) WITHIN GROUP (ORDER BY fare)             AS p95_fare,
       percentile_cont(0.99) WITHIN GROUP (ORDER BY fare)             AS p99_fare,
       -- Half of the trips take less time, in seconds.
       percentile_cont(0.5) WITHIN GROUP (ORDER BY duration)          AS p50_duration,
       percentile_cont(0.95) WITHIN GROUP (ORDER BY duration)         AS p95_duration,
       percentile_cont(0.99) WITHIN GROUP (ORDER BY duration)         AS p99_duration
FROM trips
WHERE fare >= 0 AND duration >= 0 AND distance >= 0
GROUP BY tumble(event_time, INTERVAL '1 minute'), region_id;
