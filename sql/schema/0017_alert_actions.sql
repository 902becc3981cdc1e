-- What people do about alerts, and what is to be sent about them.

-- Silences: whose alerts nobody wants to hear of for a time ----------------------------------------

CREATE TABLE pulse.silences (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  matcher    jsonb       NOT NULL CHECK (jsonb_typeof(matcher) = 'object'),
  starts_at  timestamptz NOT NULL DEFAULT now(),
  ends_at    timestamptz NOT NULL CHECK (ends_at > starts_at),
  every      interval    CHECK (every > interval '0'),
  comment    text        NOT NULL DEFAULT '',
  created_by text        NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  ended_by   text
);
COMMENT ON TABLE pulse.silences IS 'Alerts that are kept but not sent, for a time';
COMMENT ON COLUMN pulse.silences.matcher IS
  'Members that an alert''s key must have, beside "alert_type" and "severity"; an empty object matches every alert';
COMMENT ON COLUMN pulse.silences.every IS 'How often it comes again from starts_at on, e.g. 1 day; NULL: it does not';
COMMENT ON COLUMN pulse.silences.ended_by IS 'Who ended it before its time; ends_at is then that moment';

-- Notifications: written in the transaction that raised what they tell, delivered later -----------

CREATE TABLE pulse.notifications (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  target       text        NOT NULL,
  incident     bigint      NOT NULL,
  event        text        NOT NULL CHECK (event IN ('firing', 'updated', 'resolved', 'escalated', 'test')),
  payload      jsonb       NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  due_at       timestamptz NOT NULL DEFAULT now(),
  attempts     integer     NOT NULL DEFAULT 0,
  delivered_at timestamptz,
  problem      text
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
CREATE INDEX notifications_due ON pulse.notifications (target, due_at) WHERE delivered_at IS NULL;
COMMENT ON TABLE pulse.notifications IS 'Messages about incidents, one for each event and target';
COMMENT ON COLUMN pulse.notifications.due_at IS 'When it is tried next';
COMMENT ON COLUMN pulse.notifications.problem IS 'Why the last attempt failed; without secrets';

-- What the API's role may do ------------------------------------------------------------------------
--
-- They run with their owner's rights: whoever may execute them can do this and nothing else.

CREATE FUNCTION pulse.acknowledge_alert(alert bigint, who text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
BEGIN
  UPDATE alerts SET acknowledged_at = now(), acknowledged_by = who WHERE id = alert AND acknowledged_at IS NULL;
  RETURN EXISTS (SELECT FROM alerts WHERE id = alert);
END $$;
COMMENT ON FUNCTION pulse.acknowledge_alert IS
  'Takes note of an alert; who did so first stays. False: there is no such alert';

CREATE FUNCTION pulse.silence_alerts(matcher jsonb, until timestamptz, who text, comment text DEFAULT '')
RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT
AS 'INSERT INTO pulse.silences (matcher, ends_at, created_by, comment) VALUES (matcher, until, who, comment) RETURNING id';
COMMENT ON FUNCTION pulse.silence_alerts IS 'Silences alerts from now on; gives the silence''s id';

CREATE FUNCTION pulse.unsilence_alerts(silence bigint, who text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
BEGIN
  UPDATE pulse.silences SET ends_at = greatest(now(), starts_at + interval '1 microsecond'), ended_by = who
  WHERE id = silence AND ended_by IS NULL AND (ends_at > now() OR every IS NOT NULL);
  RETURN FOUND;
END $$;
COMMENT ON FUNCTION pulse.unsilence_alerts IS 'Ends a silence before its time. False: there is none that still goes on';

REVOKE ALL ON FUNCTION pulse.acknowledge_alert, pulse.silence_alerts, pulse.unsilence_alerts FROM PUBLIC;
