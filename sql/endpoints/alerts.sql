-- name: GET /api/stats/alerts
-- summary: The latest alerts.
-- param: limit        integer = 10 in 1..200              -- Number of results
-- param: severity     text?   in INFO|WARNING|CRITICAL    -- Only alerts of this severity
-- param: acknowledged boolean = false                     -- Acknowledged alerts in place of open ones
-- param: region       text?                               -- Only alerts of this region
-- param: minutes      integer? in 1..10080                -- Only alerts of so many last minutes
-- param: start        timestamptz ?                         -- Only alerts raised then or later
-- param: end          timestamptz ?                         -- Only alerts raised before
-- param: cursor       bigint ? in 1..9223372036854775807    -- The member next of the page before
-- returns: rows
-- meta: unacknowledged_count = (SELECT count(*) FROM alerts WHERE acknowledged_at IS NULL)
-- meta: next = (SELECT id FROM endpoint_rows OFFSET :limit - 1 LIMIT 1)
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
       -- Alerts of one cause have one; null where nothing groups them.
       incident,
       state,
       resolved_at,
       expected_value
FROM alerts
WHERE (acknowledged_at IS NOT NULL) = :acknowledged
  AND (:severity IS NULL OR severity = :severity)
  AND (:region IS NULL OR region = :region)
  AND (:minutes IS NULL OR alerts.created_at >= now() - :minutes * INTERVAL '1 minute')
  AND (:start IS NULL OR alerts.created_at >= :start)
  AND (:end IS NULL OR alerts.created_at < :end)
  AND (:cursor IS NULL OR (alerts.created_at, id) < (SELECT a.created_at, a.id FROM alerts AS a WHERE a.id = :cursor))
ORDER BY alerts.created_at DESC, id DESC
LIMIT :limit;
