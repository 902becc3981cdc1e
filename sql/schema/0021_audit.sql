-- Who did what: writes by way of the API, requests that were refused, commands, and changes of definitions.

CREATE TABLE pulse.audit_log (
  id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at      timestamptz NOT NULL DEFAULT now(),
  who     text        NOT NULL,
  origin  text        NOT NULL,
  action  text        NOT NULL,
  subject text        NOT NULL DEFAULT '',
  result  text        NOT NULL,
  times   bigint      NOT NULL DEFAULT 1
);
CREATE INDEX audit_log_at ON pulse.audit_log (at);
COMMENT ON TABLE pulse.audit_log IS 'What people and programs did, and what they were refused';
COMMENT ON COLUMN pulse.audit_log.who IS 'The token''s name; "local" without tokens, empty when nobody knows; of a command the user of the database';
COMMENT ON COLUMN pulse.audit_log.origin IS 'The address; of a command its name';
COMMENT ON COLUMN pulse.audit_log.action IS 'A route with its method, or what a command did';
COMMENT ON COLUMN pulse.audit_log.subject IS 'What it was about; without contents of events';
COMMENT ON COLUMN pulse.audit_log.result IS '"done", or why not';
COMMENT ON COLUMN pulse.audit_log.times IS 'How often within a minute: what is refused is counted, so that nobody fills the disk with it';

-- With each entry some of what is older than the retention go, so that nobody has to come and clean up.
CREATE FUNCTION pulse.audit(
  who text, origin text, action text, subject text, result text, times bigint, keep interval
) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
  DELETE FROM pulse.audit_log
  WHERE id IN (SELECT id FROM pulse.audit_log WHERE at < now() - audit.keep ORDER BY at LIMIT 100);
  INSERT INTO pulse.audit_log (who, origin, action, subject, result, times)
  VALUES (left(audit.who, 128), left(audit.origin, 128), left(audit.action, 256), left(audit.subject, 1024),
          left(audit.result, 256), audit.times);
$$;
COMMENT ON FUNCTION pulse.audit IS 'Makes an entry of the audit log, and forgets old ones';

-- What the API may do about alerts, twice without harm -----------------------------------------------

CREATE FUNCTION pulse.silence_once(matcher jsonb, until timestamptz, who text, comment text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
  present bigint;
BEGIN
  IF jsonb_typeof(silence_once.matcher) <> 'object' THEN
    RAISE EXCEPTION 'matcher is an object: members that the key of an alert has, "alert_type" and "severity"';
  END IF;
  IF until <= now() THEN
    RAISE EXCEPTION 'until has passed already';
  END IF;
  SELECT s.id INTO present FROM pulse.silences AS s
  WHERE s.matcher = silence_once.matcher AND s.ends_at = until AND s.created_by = who
    AND s.comment = silence_once.comment AND s.ended_by IS NULL;
  RETURN coalesce(present, pulse.silence_alerts(silence_once.matcher, until, who, silence_once.comment));
END $$;
COMMENT ON FUNCTION pulse.silence_once IS 'Silences alerts, unless the same was said before; gives the silence''s id';

CREATE FUNCTION pulse.end_silence(silence bigint, who text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
BEGIN
  PERFORM pulse.unsilence_alerts(silence, who);
  RETURN EXISTS (SELECT FROM pulse.silences WHERE id = silence);
END $$;
COMMENT ON FUNCTION pulse.end_silence IS 'Ends a silence, if it still goes on. False: there is no such silence';

REVOKE ALL ON FUNCTION pulse.audit, pulse.silence_once, pulse.end_silence FROM PUBLIC;
