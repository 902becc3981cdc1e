-- name: LOW_RATE
-- summary: Few downloads.
-- on: region_health
-- metric: downloads
-- detector: threshold below INFO 100, WARNING 10, CRITICAL 1.5
-- min_samples: 2
-- message: {region}: {value:percent} of {samples}, {threshold} {severity} {metric} {window_start} {window_end}
SELECT region, window_start, window_end, total_downloads::double precision AS value, total_downloads AS samples
FROM region_health WHERE region <> 'x';
