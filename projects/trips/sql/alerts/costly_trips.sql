-- name: COSTLY_TRIPS
-- summary: Trips of a region cost much more than they ever do.
-- on: region_trips
-- metric: avg_fare
-- detector: threshold above WARNING 60, CRITICAL 90
-- min_samples: 20
-- message: A trip in region {region_id} costs {value} dollars, the mean of {samples} trips (threshold {threshold})
SELECT region_id,
       window_start,
       window_end,
       avg_fare::double precision AS value,
       trip_count                 AS samples
FROM region_trips;
