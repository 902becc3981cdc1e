-- Whoever listens for results hears of alerts, too, whoever raises them or takes note of them.

-- In the transaction that changes them, which holds a lock of the whole server while it commits, against others that
-- notify: alerts are rare, and checkpoints do not notify in their own transactions.
CREATE FUNCTION pulse.announce_alerts() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
  -- A statement that has changed no row fires it as well, and alerts are judged several times a second.
  IF EXISTS (SELECT FROM changed) THEN
    PERFORM pg_notify(
      'streampulse' || CASE TG_TABLE_SCHEMA WHEN 'public' THEN '' ELSE '_' || TG_TABLE_SCHEMA END,
      json_build_object(
        'position', (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint, 'tables', json_build_array(TG_TABLE_NAME)
      )::text);
  END IF;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION pulse.announce_alerts IS 'Tells those who listen that alerts were raised, changed or removed';

-- One for each event: a trigger that sees the changed rows is for one.
CREATE TRIGGER alerts_inserted AFTER INSERT ON alerts REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION pulse.announce_alerts();
CREATE TRIGGER alerts_updated AFTER UPDATE ON alerts REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION pulse.announce_alerts();
CREATE TRIGGER alerts_deleted AFTER DELETE ON alerts REFERENCING OLD TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION pulse.announce_alerts();
