-- Sessions: which session an event lies in depends on the events before it, so that session(…) is an aggregate. Over the
-- events of a group in their order it gives each the beginning of its session:
--
--   SELECT session_start, visitor, count(*)
--   FROM (SELECT *, session(at, INTERVAL '30 minutes') OVER (PARTITION BY visitor ORDER BY at) AS session_start
--         FROM visits) AS v
--   GROUP BY session_start, visitor;

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

CREATE FUNCTION session_end(last_event timestamptz, gap interval, maximum interval DEFAULT NULL) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN LEAST(
  last_event + make_interval(secs => extract(epoch FROM gap)::double precision), tumble_end(last_event, maximum));
COMMENT ON FUNCTION session_end(timestamptz, interval, interval) IS
  'End of the session whose last event was then: where the gap ends, or where the session is cut before that';
