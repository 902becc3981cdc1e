-- How notifications are delivered: once at least, in the order of each incident, and no longer than it makes sense.

-- Written by the courier when somebody takes note of an incident, for targets that can be told so.
ALTER TABLE pulse.notifications DROP CONSTRAINT notifications_event_check;
ALTER TABLE pulse.notifications ADD CONSTRAINT notifications_event_check
  CHECK (event IN ('firing', 'updated', 'resolved', 'escalated', 'acknowledged', 'test'));

ALTER TABLE pulse.notifications
  ADD COLUMN key         uuid NOT NULL DEFAULT gen_random_uuid(),
  ADD COLUMN summary     bigint,
  ADD COLUMN given_up_at timestamptz;
COMMENT ON COLUMN pulse.notifications.key IS 'The message''s own, the same at each attempt: receivers know repeats by it';
COMMENT ON COLUMN pulse.notifications.summary IS
  'The notification in whose message this one is told, together with others; its own id for that one';
COMMENT ON COLUMN pulse.notifications.given_up_at IS 'When it was tried for the last time; problem says why it failed';

-- What is given up is not looked at again.
DROP INDEX pulse.notifications_due;
CREATE INDEX notifications_due ON pulse.notifications (target, due_at)
  WHERE delivered_at IS NULL AND given_up_at IS NULL;
CREATE INDEX notifications_incident ON pulse.notifications (incident, event);
CREATE INDEX notifications_sent ON pulse.notifications (target, delivered_at) WHERE delivered_at IS NOT NULL;
CREATE INDEX notifications_created ON pulse.notifications (created_at);

CREATE FUNCTION pulse.incident_acknowledged_by(incident_id bigint) RETURNS text
LANGUAGE sql STABLE SET search_path FROM CURRENT
AS $$
  SELECT coalesce(acknowledged_by, '') FROM alerts
  WHERE alerts.incident = incident_id AND acknowledged_at IS NOT NULL
  ORDER BY acknowledged_at LIMIT 1
$$;
COMMENT ON FUNCTION pulse.incident_acknowledged_by IS
  'Who was the first to take note of one of the incident''s alerts; NULL: nobody has';
