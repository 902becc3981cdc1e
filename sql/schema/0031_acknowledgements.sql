-- Who takes note of an alert knows of it as it was. One that fires again, or gets worse, is open again: it is listed, and
-- its incident escalates as if nobody had seen it. That somebody had stays in the audit log.

CREATE FUNCTION pulse.reopen_alert() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
BEGIN
  NEW.acknowledged_at := NULL;
  NEW.acknowledged_by := NULL;
  RETURN NEW;
END $$;
COMMENT ON FUNCTION pulse.reopen_alert IS 'Makes an acknowledged alert an open one';

CREATE TRIGGER reopen BEFORE UPDATE OF state, severity ON alerts
FOR EACH ROW WHEN (
  OLD.acknowledged_at IS NOT NULL AND NEW.state = 'firing'
  AND (OLD.state = 'resolved' OR pulse.severity_rank(NEW.severity) > pulse.severity_rank(OLD.severity))
) EXECUTE FUNCTION pulse.reopen_alert();
