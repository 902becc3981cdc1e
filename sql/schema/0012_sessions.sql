-- Sessions: which session an event lies in depends on the events before it, so that session(…) is an aggregate. Over the
-- events of a group in their order it gives each the beginning of its session:
--
--   SELECT session_start, user_id, count(*)
--   FROM (SELECT *, session(at, INTERVAL '30 minutes') OVER (PARTITION BY user_id ORDER BY at) AS session_start
--         FROM downloads) AS d
--   GROUP BY session_start, user_id;

-- The state: where the session begins, and the last event. Lengths in seconds, because a day of an interval is as long as
-- one of the session's time zone.
CREATE FUNCTION session_step(state timestamptz[], event_time timestamptz, gap interval) RETURNS timestamptz[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
  WHEN event_time IS NULL THEN state
  WHEN state IS NULL OR extract(epoch FROM event_time - state[2]) >= extract(epoch FROM gap)
    THEN ARRAY[event_time, event_time]
  ELSE ARRAY[state[1], event_time]
END;

CREATE FUNCTION session_step(state timestamptz[], event_time timestamptz, gap interval, maximum interval)
RETURNS timestamptz[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
  WHEN event_time IS NULL THEN state
  WHEN state IS NULL OR extract(epoch FROM event_time - state[2]) >= extract(epoch FROM gap)
    OR tumble(event_time, maximum) > state[2]
    THEN ARRAY[event_time, event_time]
  ELSE ARRAY[state[1], event_time]
END;

CREATE FUNCTION session_start(state timestamptz[]) RETURNS timestamptz
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN state[1];

CREATE AGGREGATE session(event_time timestamptz, gap interval) (
  SFUNC = session_step, STYPE = timestamptz[], FINALFUNC = session_start, PARALLEL = SAFE);
COMMENT ON AGGREGATE session(timestamptz, interval) IS
  'Start of the session that holds the event, OVER (PARTITION BY the keys ORDER BY the event time): a gap ends it';

CREATE AGGREGATE session(event_time timestamptz, gap interval, maximum interval) (
  SFUNC = session_step, STYPE = timestamptz[], FINALFUNC = session_start, PARALLEL = SAFE);
COMMENT ON AGGREGATE session(timestamptz, interval, interval) IS
  'The same of sessions that are cut where windows of tumble(event_time, maximum) begin';

-- In a statement before the one that merges sessions, whose snapshot then is younger than what the last holder of the locks
-- has committed. In a transaction with one snapshot for all statements that would not help.
CREATE FUNCTION pulse.lock_sessions(numbers bigint[]) RETURNS void
LANGUAGE plpgsql VOLATILE STRICT
AS $$
DECLARE
  number bigint;
BEGIN
  IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
    RAISE EXCEPTION 'sessions are merged at the isolation level read committed, not %',
      current_setting('transaction_isolation')
      USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'set default_transaction_isolation for this role';
  END IF;
  FOREACH number IN ARRAY numbers LOOP
    PERFORM pg_advisory_xact_lock(number);
  END LOOP;
END
$$;
COMMENT ON FUNCTION pulse.lock_sessions(bigint[]) IS
  'Waits until no other transaction merges sessions of these buckets of keys, in their order, and keeps others waiting';

CREATE FUNCTION session_end(last_event timestamptz, gap interval, maximum interval DEFAULT NULL) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN LEAST(
  last_event + make_interval(secs => extract(epoch FROM gap)::double precision), tumble_end(last_event, maximum));
COMMENT ON FUNCTION session_end(timestamptz, interval, interval) IS
  'End of the session whose last event was then: where the gap ends, or where the session is cut before that';
