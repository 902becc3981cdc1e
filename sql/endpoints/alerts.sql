-- name: GET /api/stats/alerts
-- summary: The latest alerts.
-- param: limit        integer = 10 in 1..200              -- Number of results
-- param: severity     text?   in INFO|WARNING|CRITICAL    -- Only alerts of this severity
-- param: acknowledged boolean = false                     -- Acknowledged alerts in place of open ones
-- param: region       text?                               -- Only alerts of this region
-- param: minutes      integer? in 1..10080                -- Only alerts of so many last minutes
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
       to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS created_at,
       aggregate,
       key,
       window_start,
       window_end,
       acknowledged_at,
       acknowledged_by,
       -- Of what groups alerts; null where nothing does.
       to_jsonb(alerts) -> 'incident'     AS incident,
       to_jsonb(alerts) ->> 'state'       AS state,
       to_jsonb(alerts) ->> 'resolved_at' AS resolved_at,
       (to_jsonb(alerts) ->> 'expected_value')::double precision AS expected_value
FROM alerts
WHERE (acknowledged_at IS NOT NULL) = :acknowledged
  AND (:severity IS NULL OR severity = :severity)
  AND (:region IS NULL OR region = :region)
  AND (:minutes IS NULL OR alerts.created_at >= now() - :minutes * INTERVAL '1 minute')
ORDER BY alerts.created_at DESC, id DESC
LIMIT :limit;
