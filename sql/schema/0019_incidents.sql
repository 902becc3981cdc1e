-- Alerts with a beginning and an end: what is remembered of each key, one row for as long as something is wrong, incidents
-- that hold the alerts of one cause, and the messages about them.

-- Alerts --------------------------------------------------------------------------------------------

ALTER TABLE alerts
  ADD COLUMN state          text NOT NULL DEFAULT 'firing' CHECK (state IN ('firing', 'resolved')),
  ADD COLUMN resolved_at    timestamptz,
  ADD COLUMN peak_value     double precision,
  ADD COLUMN expected_value double precision,
  ADD COLUMN probability    double precision,
  ADD COLUMN windows        integer NOT NULL DEFAULT 1,
  ADD COLUMN incident       bigint,
  ADD COLUMN labels         jsonb NOT NULL DEFAULT '{}',
  ADD COLUMN reason         text;
COMMENT ON TABLE alerts IS 'What was wrong, from the first bad window to the last: one for each alert and key at a time';
COMMENT ON COLUMN alerts.severity IS 'The worst so far; metric_value, threshold_value and message are of the window that had it first';
COMMENT ON COLUMN alerts.window_start IS 'Of the first bad window';
COMMENT ON COLUMN alerts.window_end IS 'Of the last bad window so far';
COMMENT ON COLUMN alerts.state IS 'firing: it goes on; resolved: enough good windows have followed';
COMMENT ON COLUMN alerts.resolved_at IS 'End of the window by which it was over';
COMMENT ON COLUMN alerts.peak_value IS 'The worst value';
COMMENT ON COLUMN alerts.expected_value IS 'What would have been usual; NULL: a fixed limit knows nothing of that';
COMMENT ON COLUMN alerts.probability IS 'How sure it is that the value is none of the usual ones, 0 to 1';
COMMENT ON COLUMN alerts.windows IS 'How many windows were bad';
COMMENT ON COLUMN alerts.incident IS 'Which of pulse.incidents it belongs to; NULL: it is no watched value''s';

-- Alerts had no end before: nothing will ever resolve them.
UPDATE alerts SET state = 'resolved', resolved_at = window_end WHERE alert_type <> 'RECORDS_EXPIRED';

CREATE UNIQUE INDEX alerts_open ON alerts (alert_type, key) WHERE state = 'firing' AND incident IS NOT NULL;
CREATE INDEX alerts_incident ON alerts (incident);

-- Incidents -----------------------------------------------------------------------------------------

CREATE TABLE pulse.incidents (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  stream        text        NOT NULL,
  alert_type    text        NOT NULL,
  severity      text        NOT NULL,
  state         text        NOT NULL DEFAULT 'firing' CHECK (state IN ('firing', 'resolved')),
  started_at    timestamptz NOT NULL,
  resolved_at   timestamptz,
  is_history    boolean     NOT NULL DEFAULT false,
  told_as       text,
  told_severity text,
  told_members  integer     NOT NULL DEFAULT 0,
  told_types    integer     NOT NULL DEFAULT 0,
  told_targets  text[]      NOT NULL DEFAULT '{}',
  created_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX incidents_open ON pulse.incidents (stream) WHERE state = 'firing' OR told_as = 'firing';
COMMENT ON TABLE pulse.incidents IS 'What probably has one cause: alerts that began together, or are about the same key';
COMMENT ON COLUMN pulse.incidents.alert_type IS 'Of the alert that it began with';
COMMENT ON COLUMN pulse.incidents.severity IS 'The worst of its alerts so far';
COMMENT ON COLUMN pulse.incidents.started_at IS 'Beginning of the first bad window';
COMMENT ON COLUMN pulse.incidents.is_history IS 'Found by a backfill alone: nobody is told';
COMMENT ON COLUMN pulse.incidents.told_as IS 'Of which state the last message was; NULL: there was none';

-- What is remembered of keys -------------------------------------------------------------------------

CREATE TABLE pulse.alert_states (
  alert       text        NOT NULL,
  key         jsonb       NOT NULL,
  phase       text        NOT NULL CHECK (phase IN ('quiet', 'pending', 'firing')),
  last_window timestamptz NOT NULL,
  state       bytea       NOT NULL,
  PRIMARY KEY (alert, key)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.1);
COMMENT ON TABLE pulse.alert_states IS 'What each alert remembers of each key, as of the window that it has judged last';
COMMENT ON COLUMN pulse.alert_states.phase IS 'pending: bad windows, not yet as many as the alert asks for';
COMMENT ON COLUMN pulse.alert_states.last_window IS 'Beginning of the newest window that was judged';
COMMENT ON COLUMN pulse.alert_states.state IS 'The detector''s numbers and the last judgements; bytes of the engine''s own';

ALTER TABLE pulse.alert_progress
  ADD COLUMN looked_at timestamptz,
  ADD COLUMN told_from timestamptz;
COMMENT ON COLUMN pulse.alert_progress.looked_at IS 'When windows were read last: what is written to later is judged again';
COMMENT ON COLUMN pulse.alert_progress.told_from IS 'Windows that ended by then were found by a backfill: nobody is told of them';

-- Silences ------------------------------------------------------------------------------------------

CREATE FUNCTION pulse.is_silenced(type text, severity text, about jsonb, at timestamptz) RETURNS boolean
LANGUAGE sql STABLE
AS $$
  SELECT EXISTS (
    SELECT FROM pulse.silences AS s
    WHERE at >= s.starts_at
      AND CASE
            WHEN s.every IS NULL THEN at < s.ends_at
            WHEN s.ended_by IS NOT NULL THEN false
            ELSE at < date_bin(s.every, at, s.starts_at) + (s.ends_at - s.starts_at)
          END
      -- As texts: who writes a matcher need not know whether a key is a number.
      AND NOT EXISTS (
        SELECT FROM jsonb_each_text(s.matcher) AS m
        WHERE (about || jsonb_build_object('alert_type', type, 'severity', severity)) ->> m.key
          IS DISTINCT FROM m.value))
$$;
COMMENT ON FUNCTION pulse.is_silenced IS 'Whether somebody wants to hear nothing of such an alert at that time';

-- Changes of alerts ----------------------------------------------------------------------------------

CREATE FUNCTION pulse.severity_rank(severity text) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN array_position(ARRAY['INFO', 'WARNING', 'CRITICAL'], severity);

-- The open incident that an alert belongs to, or NULL. It is the one whose alerts of the same type began within two windows
-- of it and are alike in what the alert is grouped by, or one that has an alert about the same key, or about one that holds
-- it, which goes on or was over less than two windows ago.
CREATE FUNCTION pulse.incident_of(
  owned_stream text, type text, about jsonb, began timestamptz, reach interval, grouped_by jsonb
) RETURNS bigint
LANGUAGE sql STABLE
AS $$
  SELECT i.id
  FROM pulse.incidents AS i JOIN alerts AS m ON m.incident = i.id
  WHERE i.stream = owned_stream AND i.state = 'firing'
    AND (m.alert_type = type AND m.window_start BETWEEN began - reach AND began + reach
           AND NOT EXISTS (
             SELECT FROM jsonb_array_elements_text(grouped_by) AS g
             WHERE m.key -> g IS DISTINCT FROM about -> g)
         OR (m.key @> about OR about @> m.key) AND (m.state = 'firing' OR began <= m.window_end + reach))
  ORDER BY i.id
  LIMIT 1
$$;

-- Applies what the evaluation of closed windows has come to, in its order, and writes the messages about it.
CREATE FUNCTION pulse.change_alerts(owned_stream text, changes jsonb, definitions jsonb) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
  c record;
  found_alert bigint;
  found_incident bigint;
BEGIN
  FOR c IN
    SELECT * FROM ROWS FROM (jsonb_to_recordset(changes) AS (
      action text, alert text, aggregate text, key jsonb, severity text, message text, metric text,
      value double precision, threshold double precision, expected double precision, probability double precision,
      peak double precision, windows integer, window_start timestamptz, window_end timestamptz, reach interval,
      group_by jsonb, labels jsonb, reason text, reopens boolean, is_history boolean)) WITH ORDINALITY
    ORDER BY ordinality
  LOOP
    found_alert := NULL;
    IF c.action = 'fire' THEN
      -- The same again, soon after it was over.
      SELECT a.id, a.incident INTO found_alert, found_incident FROM alerts AS a
      WHERE a.alert_type = c.alert AND a.key = c.key AND a.incident IS NOT NULL
        AND (a.window_start = c.window_start OR a.state = 'firing' OR c.reopens)
      ORDER BY a.window_start DESC LIMIT 1;
      IF found_alert IS NOT NULL THEN
        UPDATE alerts AS a
        SET state = 'firing', resolved_at = NULL, window_end = greatest(a.window_end, c.window_end),
            windows = CASE WHEN a.window_start = c.window_start THEN greatest(a.windows, c.windows)
                           ELSE a.windows + c.windows END,
            peak_value = c.peak
        WHERE a.id = found_alert;
        UPDATE pulse.incidents AS i SET state = 'firing', resolved_at = NULL, is_history = i.is_history AND c.is_history
        WHERE i.id = found_incident;
      ELSE
        found_incident := pulse.incident_of(owned_stream, c.alert, c.key, c.window_start, c.reach, c.group_by);
        IF found_incident IS NULL THEN
          INSERT INTO pulse.incidents (stream, alert_type, severity, started_at, is_history)
          VALUES (owned_stream, c.alert, c.severity, c.window_start, c.is_history)
          RETURNING id INTO found_incident;
        END IF;
        -- A row of that window that no incident has: raised before there were any.
        INSERT INTO alerts AS a (alert_type, severity, message, metric_name, metric_value, threshold_value, aggregate,
          key, window_start, window_end, windows, peak_value, expected_value, probability, incident, labels, reason)
        VALUES (c.alert, c.severity, c.message, c.metric, c.value, c.threshold, c.aggregate, c.key,
          c.window_start, c.window_end, c.windows, c.peak, c.expected, c.probability, found_incident,
          coalesce(c.labels, '{}'), c.reason)
        ON CONFLICT (alert_type, key, window_start) DO UPDATE
        SET state = 'firing', resolved_at = NULL, incident = excluded.incident
        RETURNING a.id INTO found_alert;
      END IF;
    ELSE
      SELECT a.id, a.incident INTO found_alert, found_incident FROM alerts AS a
      WHERE a.alert_type = c.alert AND a.key = c.key AND a.state = 'firing' AND a.incident IS NOT NULL;
      IF c.action = 'update' THEN
        UPDATE alerts AS a
        SET window_end = greatest(a.window_end, c.window_end), windows = greatest(a.windows + c.windows, 0),
            peak_value = c.peak
        WHERE a.id = found_alert;
      ELSE
        UPDATE alerts AS a
        SET state = 'resolved', resolved_at = c.window_end, windows = greatest(a.windows + c.windows, 0),
            reason = coalesce(c.reason, a.reason)
        WHERE a.id = found_alert;
        UPDATE pulse.incidents AS i SET state = 'resolved', resolved_at = c.window_end
        WHERE i.id = found_incident
          AND NOT EXISTS (SELECT FROM alerts AS a WHERE a.incident = i.id AND a.state = 'firing');
      END IF;
    END IF;
    -- What is worse than before says so in its own words.
    IF c.action IN ('fire', 'update') THEN
      UPDATE alerts AS a
      SET severity = c.severity, message = c.message, metric_value = c.value, threshold_value = c.threshold,
          expected_value = c.expected, probability = c.probability, reason = c.reason
      WHERE a.id = found_alert AND pulse.severity_rank(c.severity) > pulse.severity_rank(a.severity);
      UPDATE pulse.incidents AS i
      SET severity = CASE WHEN pulse.severity_rank(c.severity) > pulse.severity_rank(i.severity)
                          THEN c.severity ELSE i.severity END,
          started_at = least(i.started_at, c.window_start), is_history = i.is_history AND c.is_history
      WHERE i.id = found_incident;
    END IF;
  END LOOP;
  PERFORM pulse.tell_incidents(owned_stream, definitions);
END
$$;
COMMENT ON FUNCTION pulse.change_alerts IS
  'Raises, updates and resolves alerts and their incidents, in order; writes the messages about them';

-- Messages --------------------------------------------------------------------------------------------

-- What an incident's message says. Its alerts that are worst and oldest come first.
CREATE FUNCTION pulse.incident_payload(told_incident bigint, event text, definitions jsonb) RETURNS jsonb
LANGUAGE sql STABLE
AS $$
  WITH members AS (
    SELECT a.*, (SELECT string_agg(coalesce(v.value, 'NULL'), ', ') FROM jsonb_each_text(a.key) AS v) AS about
    FROM alerts AS a
    WHERE a.incident = told_incident AND (event = 'resolved' OR a.state = 'firing')
    ORDER BY pulse.severity_rank(a.severity) DESC, a.window_start, a.id),
  lead AS (SELECT * FROM members LIMIT 1),
  listed AS (
    SELECT count(*) AS number,
           (SELECT jsonb_agg(jsonb_build_object('alert', l.alert_type, 'key', l.key, 'value', l.peak_value,
                                                'severity', l.severity))
            FROM (SELECT * FROM members LIMIT 50) AS l) AS members
    FROM members)
  SELECT jsonb_build_object(
    'incident', i.id, 'event', event, 'alert', lead.alert_type, 'severity', i.severity,
    'title', lead.alert_type || ': ' || coalesce(lead.about, i.stream)
             || CASE WHEN number > 1 THEN ' and ' || number - 1 || ' more' ELSE '' END,
    'message', lead.message, 'stream', i.stream, 'aggregate', lead.aggregate, 'key', lead.key,
    'members', coalesce(listed.members, '[]'), 'member_count', number,
    'metric', lead.metric_name, 'value', lead.metric_value, 'expected', lead.expected_value,
    'probability', lead.probability, 'threshold', lead.threshold_value,
    'window_start', to_char(lead.window_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
    'started_at', to_char(i.started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
    'resolved_at', to_char(i.resolved_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
    'labels', lead.labels, 'runbook', definitions -> lead.alert_type -> 'runbook', 'reason', lead.reason)
  FROM pulse.incidents AS i, lead, listed WHERE i.id = told_incident
$$;

-- Writes a message for each target of an incident that began, became worse, or is over, unless nobody wants to hear of
-- any of its alerts. One that was silenced when it began is told when the silence has ended before it has.
CREATE FUNCTION pulse.tell_incidents(owned_stream text, definitions jsonb) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
  i record;
  members integer;
  types integer;
  targets text[];
  event text;
BEGIN
  FOR i IN
    SELECT * FROM pulse.incidents AS n
    WHERE n.stream = owned_stream AND (n.state = 'firing' OR n.told_as = 'firing') AND NOT n.is_history
    ORDER BY n.id
  LOOP
    IF i.state = 'resolved' THEN
      event := 'resolved';
      targets := i.told_targets || ARRAY(
        SELECT DISTINCT n.target FROM pulse.notifications AS n
        WHERE n.incident = i.id AND n.event = 'escalated' AND n.target <> ALL (i.told_targets));
    ELSE
      -- What is heard of: neither silenced nor hidden by another alert.
      SELECT count(DISTINCT a.id), count(DISTINCT a.alert_type), array_remove(array_agg(DISTINCT t.target), NULL)
      INTO members, types, targets
      FROM alerts AS a
        LEFT JOIN LATERAL jsonb_array_elements_text(definitions -> a.alert_type -> 'notify') AS t (target) ON true
      WHERE a.incident = i.id AND a.state = 'firing'
        AND NOT pulse.is_silenced(a.alert_type, a.severity, a.key, now())
        AND NOT EXISTS (
          SELECT FROM alerts AS x JOIN pulse.incidents AS xi ON xi.id = x.incident
          WHERE x.state = 'firing' AND xi.stream = owned_stream AND x.id <> a.id AND a.key @> x.key
            AND ((definitions -> x.alert_type -> 'inhibits') ? a.alert_type
                 OR x.key = '{}' AND (definitions -> x.alert_type -> 'is_silence')::boolean));
      CONTINUE WHEN members = 0;
      event := CASE
        WHEN i.told_as IS DISTINCT FROM 'firing' THEN 'firing'
        WHEN pulse.severity_rank(i.severity) > pulse.severity_rank(i.told_severity) OR members >= 2 * i.told_members + 1
          OR types > i.told_types THEN 'updated'
      END;
      CONTINUE WHEN event IS NULL;
      targets := targets || ARRAY(SELECT t FROM unnest(i.told_targets) AS t WHERE t <> ALL (targets));
    END IF;
    INSERT INTO pulse.notifications (target, incident, event, payload)
    SELECT t, i.id, event, pulse.incident_payload(i.id, event, definitions)
    FROM unnest(targets) AS t ORDER BY t;
    UPDATE pulse.incidents AS n
    SET told_as = i.state,
        told_severity = CASE WHEN i.state = 'firing' THEN i.severity ELSE n.told_severity END,
        told_members = CASE WHEN i.state = 'firing' THEN members ELSE n.told_members END,
        told_types = CASE WHEN i.state = 'firing' THEN types ELSE n.told_types END,
        told_targets = targets
    WHERE n.id = i.id;
  END LOOP;
END
$$;

-- Resolves what goes on about alerts that are no longer defined.
CREATE FUNCTION pulse.retire_alerts(owned_stream text, defined text[], definitions jsonb) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  UPDATE alerts AS a SET state = 'resolved', resolved_at = now(), reason = 'the alert is no longer defined'
  FROM pulse.incidents AS i
  WHERE i.id = a.incident AND i.stream = owned_stream AND a.state = 'firing' AND a.alert_type <> ALL (defined);
  IF FOUND THEN
    UPDATE pulse.incidents AS i SET state = 'resolved', resolved_at = now()
    WHERE i.stream = owned_stream AND i.state = 'firing'
      AND NOT EXISTS (SELECT FROM alerts AS a WHERE a.incident = i.id AND a.state = 'firing');
    PERFORM pulse.tell_incidents(owned_stream, definitions);
  END IF;
END
$$;
COMMENT ON FUNCTION pulse.retire_alerts IS 'Ends alerts that nothing watches any more';
