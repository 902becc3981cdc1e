-- What the scope admin of the API reads: the audit log, and dead letters with what is in them. They run with their owner's
-- rights: whoever may execute them can do this and nothing else.

CREATE FUNCTION pulse.audit_entries(
  who text, action text, result text, since timestamptz, most integer, before bigint
) RETURNS SETOF pulse.audit_log
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
AS $$
  SELECT a.* FROM pulse.audit_log AS a
  WHERE (audit_entries.who IS NULL OR a.who = audit_entries.who)
    AND (audit_entries.action IS NULL OR a.action = audit_entries.action)
    AND (audit_entries.result IS NULL OR a.result = audit_entries.result)
    AND (since IS NULL OR a.at >= since)
    AND (before IS NULL OR a.id < before)
  ORDER BY a.id DESC
  LIMIT most;
$$;
COMMENT ON FUNCTION pulse.audit_entries IS 'Entries of the audit log, the newest first';

CREATE FUNCTION pulse.letters(of_stream text, of_code text, only_open boolean, most integer, before bigint)
RETURNS TABLE (
  id bigint, stream text, topic text, partition integer, record_offset bigint, code text, reason text, aggregate text,
  value_bytes integer, created_at timestamptz, replayed_at timestamptz
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
AS $$
  SELECT d.id, d.stream, d.topic, d.partition, d.record_offset, d.code, d.reason, d.aggregate, octet_length(d.value),
         d.created_at, d.replayed_at
  FROM dead_letters AS d
  WHERE (of_stream IS NULL OR d.stream = of_stream)
    AND (of_code IS NULL OR d.code = of_code)
    AND (NOT only_open OR d.replayed_at IS NULL)
    AND (before IS NULL OR d.id < before)
  ORDER BY d.id DESC
  LIMIT most;
$$;
COMMENT ON FUNCTION pulse.letters IS 'Dead letters with their reasons, the newest first, without their bytes';

CREATE FUNCTION pulse.letter(letter bigint)
RETURNS TABLE (
  id bigint, stream text, topic text, partition integer, record_offset bigint, record_timestamp timestamptz, code text,
  reason text, aggregate text, window_start timestamptz, schema_id bigint, headers jsonb, key_hex text, value_hex text,
  value_bytes integer, created_at timestamptz, tried_at timestamptz, forwarded_at timestamptz, replayed_at timestamptz
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
AS $$
  SELECT d.id, d.stream, d.topic, d.partition, d.record_offset, d.record_timestamp, d.code, d.reason, d.aggregate,
         d.window_start, d.schema_id, d.headers, encode(substr(d.key, 1, 65536), 'hex'),
         encode(substr(d.value, 1, 65536), 'hex'), octet_length(d.value), d.created_at, d.tried_at, d.forwarded_at,
         d.replayed_at
  FROM dead_letters AS d WHERE d.id = letter;
$$;
COMMENT ON FUNCTION pulse.letter IS 'A dead letter with its bytes, of which the first 64 KiB are shown';

REVOKE ALL ON FUNCTION pulse.audit_entries, pulse.letters, pulse.letter FROM PUBLIC;

-- What people ask first ------------------------------------------------------------------------------

CREATE VIEW pulse.active_alerts AS
SELECT id, alert_type, severity, message, key, metric_name, metric_value, threshold_value, aggregate, window_start,
       window_end, created_at, acknowledged_at, acknowledged_by, incident
FROM alerts
WHERE state = 'firing'
ORDER BY created_at DESC, id DESC;
COMMENT ON VIEW pulse.active_alerts IS 'Alerts that go on, the newest first, acknowledged or not';

CREATE FUNCTION pulse.latest(aggregate anyelement) RETURNS SETOF anyelement
LANGUAGE plpgsql STABLE
AS $$
BEGIN
  RETURN QUERY EXECUTE format(
    'SELECT * FROM %1$s WHERE window_start = (SELECT max(window_start) FROM %1$s WHERE window_start <= now())',
    pg_typeof(aggregate));
END $$;
COMMENT ON FUNCTION pulse.latest IS
  'The rows of the newest window of an aggregate: SELECT * FROM pulse.latest(NULL::region_health)';
