-- name: HOT_PROCESSOR
-- summary: A host's processor is busy for a whole minute.
-- on: series_minutes
-- metric: cpu_usage_percent
-- detector: threshold above WARNING 80, CRITICAL 95
-- min_samples: 3
-- message: The processor of {host} is busy: {value} % in the mean of {samples} measurements (threshold {threshold} %)
SELECT metric_id, name, host,
       window_start,
       window_end,
       mean         AS value,
       measurements AS samples
FROM series_minutes
WHERE name = 'cpu_usage_percent';
