-- How far the rows are that a deployment makes, so that one that was interrupted goes on where it stopped.

CREATE TABLE pulse.backfills (
  aggregate  text        PRIMARY KEY,
  shape      text        NOT NULL,
  cluster    text        NOT NULL,
  topic      text        NOT NULL,
  from_time  timestamptz NOT NULL,
  partitions integer[]   NOT NULL,
  starts     bigint[]    NOT NULL,
  positions  bigint[]    NOT NULL,
  counts     bigint[]    NOT NULL,
  dead       bigint      NOT NULL,
  written_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE pulse.backfills IS
  'Rows in the making: what the tables of the schema pulse_replay hold, written together with them';
COMMENT ON COLUMN pulse.backfills.shape IS 'What the rows mean: those of another definition begin anew';
COMMENT ON COLUMN pulse.backfills.positions IS
  'For each of the partitions: every record from the start on and before it is contained';
COMMENT ON COLUMN pulse.backfills.counts IS 'How many records that are, of each of the partitions';
COMMENT ON COLUMN pulse.backfills.dead IS 'How many of them are dead letters, which no row holds';
