-- name: GET /metrics
-- summary: Minutes of a series, or of all of them, in a range of time.
-- param: start  timestamptz = -1h            -- First window: ISO 8601, or back from now
-- param: end    timestamptz = -0s            -- Windows that begin before it
-- param: metric text?                        -- Only this series (host and name), or all series of this name
-- param: limit  integer = 1000 in 1..10000   -- Number of rows
-- returns: rows
SELECT metric_id, window_start, window_end, measurements, mean, lowest, highest, spread
FROM series_minutes
WHERE window_start >= :start AND window_start < :end
  AND (:metric IS NULL OR metric_id = :metric OR name = :metric)
ORDER BY window_start, metric_id
LIMIT :limit;
