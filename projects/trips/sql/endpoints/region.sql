-- name: GET /metrics/region/{region_id}
-- summary: Trips of a region over the last window: how many, mean and percentiles of fare, duration and distance.
-- param: region_id integer in 0..1000000       -- Number of the region
-- param: window    text = 1m in 1m|5m|15m|1h   -- Length of the window, up to the newest minute that has ended
-- returns: object
WITH range AS (
  SELECT date_trunc('minute', now()) - CASE :window WHEN '1m' THEN INTERVAL '1 minute' WHEN '5m' THEN INTERVAL '5 minutes'
           WHEN '15m' THEN INTERVAL '15 minutes' ELSE INTERVAL '1 hour' END AS first,
         date_trunc('minute', now()) AS until)
SELECT :region_id                                                            AS region_id,
       :window                                                               AS "window",
       range.first                                                           AS window_start,
       range.until                                                           AS window_end,
       coalesce(sum(t.trip_count), 0)::bigint                                AS trip_count,
       -- Mean fare in dollars; null without a trip, and so are all below.
       round(sum(t.total_fare) / nullif(sum(t.trip_count), 0), 2)            AS avg_fare,
       round(sum(t.avg_duration_sum)::numeric / nullif(sum(t.trip_count), 0), 1) AS avg_duration,
       round((sum(t.total_distance) / nullif(sum(t.trip_count), 0)::double precision)::numeric, 3) AS avg_distance,
       percentile_estimate(percentile_merge(t.p50_fare_state), 0.5)          AS p50_fare,
       percentile_estimate(percentile_merge(t.p50_fare_state), 0.95)         AS p95_fare,
       percentile_estimate(percentile_merge(t.p50_fare_state), 0.99)         AS p99_fare,
       percentile_estimate(percentile_merge(t.p50_duration_state), 0.5)      AS p50_duration,
       percentile_estimate(percentile_merge(t.p50_duration_state), 0.95)     AS p95_duration,
       percentile_estimate(percentile_merge(t.p50_duration_state), 0.99)     AS p99_duration
FROM range
LEFT JOIN region_trips_state AS t
  ON t.region_id = :region_id AND t.window_start >= range.first AND t.window_start < range.until
GROUP BY range.first, range.until;
