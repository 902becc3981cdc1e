-- What a recount and a replay need: how far event time reached in each ledger segment, a seal on it, and a record of the
-- replays.

ALTER TABLE pulse.ledger ADD COLUMN latest_event timestamptz, ADD COLUMN seal text;
COMMENT ON COLUMN pulse.ledger.latest_event IS
  'The greatest event time of the segment''s good events; NULL when it has none or was written before there was this column';
COMMENT ON COLUMN pulse.ledger.seal IS 'Digest of the segment and its counts: shows that a row was changed by hand';

-- Not of the cluster's name, which pulse.begin_again changes. Whoever adds a column to either table seals all rows anew.
CREATE FUNCTION pulse.seal(segment pulse.ledger) RETURNS text
LANGUAGE sql STABLE
-- Times are written in the session's zone.
SET timezone = 'UTC'
AS $$
  SELECT md5((to_jsonb(segment) - 'cluster' - 'seal')::text || coalesce(
    (SELECT string_agg((to_jsonb(c) - 'cluster')::text, ',' ORDER BY c.aggregate COLLATE "C")
     FROM pulse.ledger_counts AS c
     WHERE (c.cluster, c.topic, c.partition, c.first_offset)
       = (segment.cluster, segment.topic, segment.partition, segment.first_offset)), ''))
$$;
COMMENT ON FUNCTION pulse.seal IS 'Digest of a ledger segment and its counts';

UPDATE pulse.ledger AS l SET seal = pulse.seal(l);
ALTER TABLE pulse.ledger ALTER COLUMN seal SET DEFAULT '', ALTER COLUMN seal SET NOT NULL;

CREATE TABLE pulse.replays (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  aggregate   text        NOT NULL,
  cluster     text        NOT NULL,
  topic       text        NOT NULL,
  from_time   timestamptz NOT NULL,
  partitions  integer[]   NOT NULL,
  positions   bigint[]    NOT NULL,
  records     bigint      NOT NULL,
  events      bigint      NOT NULL,
  replayed_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE pulse.replays IS 'Replays: which windows of an aggregate were made anew, out of which records';
COMMENT ON COLUMN pulse.replays.from_time IS 'Windows that begin here or later were made anew';
COMMENT ON COLUMN pulse.replays.positions IS 'For each of the partitions: every record before it is contained';
COMMENT ON COLUMN pulse.replays.records IS 'How many records were read again';
COMMENT ON COLUMN pulse.replays.events IS
  'How many more events the rows hold since, e.g. those that had been dropped as late or that WHERE now takes';

-- Holds the table that a replay is filling, under its own name, until it takes the place of the present one.
CREATE SCHEMA pulse_replay;
COMMENT ON SCHEMA pulse_replay IS 'Tables that a replay is filling; nothing here is of use after it';
