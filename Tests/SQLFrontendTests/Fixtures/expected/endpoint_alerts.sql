WITH endpoint_rows AS MATERIALIZED (
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
WHERE (acknowledged_at IS NOT NULL) = ($3::boolean)
  AND (($2::text) IS NULL OR severity = ($2::text))
  AND (($4::text) IS NULL OR region = ($4::text))
  AND (($5::integer) IS NULL OR alerts.created_at >= now() - ($5::integer) * INTERVAL '1 minute')
  AND (($6::timestamptz) IS NULL OR alerts.created_at >= ($6::timestamptz))
  AND (($7::timestamptz) IS NULL OR alerts.created_at < ($7::timestamptz))
  AND (($8::bigint) IS NULL OR (alerts.created_at, id) < (SELECT a.created_at, a.id FROM alerts AS a WHERE a.id = ($8::bigint)))
ORDER BY alerts.created_at DESC, id DESC
LIMIT ($1::integer)
)
SELECT json_build_object(
  'data', COALESCE((SELECT json_agg("streampulse row") FROM endpoint_rows AS "streampulse row"), '[]'::json),
  'count', (SELECT count(*) FROM endpoint_rows),
  'unacknowledged_count', ((SELECT count(*) FROM alerts WHERE acknowledged_at IS NULL)),
  'next', ((SELECT id FROM endpoint_rows OFFSET ($1::integer) - 1 LIMIT 1))
)::text;
