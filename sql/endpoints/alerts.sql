-- name: GET /api/stats/alerts
-- summary: The latest alerts.
-- param: limit        integer = 10 in 1..200              -- Number of results
-- param: severity     text?   in INFO|WARNING|CRITICAL    -- Only alerts of this severity
-- param: acknowledged boolean = false                     -- Acknowledged alerts in place of open ones
-- returns: rows
-- meta: unacknowledged_count = (SELECT count(*) FROM alerts WHERE acknowledged_at IS NULL)
SELECT id,
       alert_type,
       severity,
       message,
       region,
       metric_name,
       metric_value,
       threshold_value,
       to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS created_at
FROM alerts
WHERE (acknowledged_at IS NOT NULL) = :acknowledged
  AND (:severity IS NULL OR severity = :severity)
ORDER BY alerts.created_at DESC, id DESC
LIMIT :limit;
