-- name: GET /metrics/latest
-- summary: Every series over the newest five minutes that have begun.
-- param: limit integer = 100 in 1..10000   -- Number of series
-- returns: rows
SELECT DISTINCT ON (metric_id) metric_id, window_start, window_end, measurements, mean, highest
FROM series_five_minutes
WHERE window_start >= now() - INTERVAL '10 minutes' AND window_end <= date_trunc('minute', now()) + INTERVAL '1 minute'
ORDER BY metric_id, window_start DESC
LIMIT :limit;
