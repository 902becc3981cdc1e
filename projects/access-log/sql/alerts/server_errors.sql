-- name: SERVER_ERRORS
-- summary: The server fails to answer.
-- on: site_minutes
-- metric: error_rate
-- detector: threshold above WARNING 0.05, CRITICAL 0.20
-- min_samples: 20
-- message: {value:percent} of {samples} requests failed within a minute (threshold {threshold:percent})
SELECT window_start,
       window_end,
       error_rate AS value,
       requests   AS samples
FROM site_minutes;
