-- The engine's own tables: progress (the checkpoint), the ledger that proves it, dead letters and alerts.
-- Applied once, in one transaction, by `streampulse migrate`; never edited after its release.

CREATE SCHEMA IF NOT EXISTS pulse;
COMMENT ON SCHEMA pulse IS 'StreamPulse''s own bookkeeping: progress, ledger, definitions';

-- The window functions of the definition language, so that a definition's own SELECT runs in Postgres as a batch.
CREATE FUNCTION tumble(event_time timestamptz, size interval) RETURNS timestamptz
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN date_bin(size, event_time, TIMESTAMPTZ '2000-01-01T00:00:00Z');
COMMENT ON FUNCTION tumble(timestamptz, interval) IS
  'Start of the tumbling window of that size, aligned to 2000-01-01T00:00:00Z, that holds the event time';

CREATE TABLE pulse.definitions (
  aggregate  text PRIMARY KEY,
  shape      text NOT NULL,
  definition text NOT NULL,
  retention  interval,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE pulse.definitions IS 'The aggregates that the result tables were made for';
COMMENT ON COLUMN pulse.definitions.shape IS 'What stored rows depend on; a definition with another shape is refused';

CREATE TABLE pulse.progress (
  cluster     text    NOT NULL,
  topic       text    NOT NULL,
  partition   integer NOT NULL,
  next_offset bigint  NOT NULL,
  epoch       bigint  NOT NULL,
  watermark   timestamptz,
  owner       text    NOT NULL,
  updated_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (cluster, topic, partition)
) WITH (fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);
COMMENT ON TABLE pulse.progress IS
  'The checkpoint: the position up to which each partition is contained in the result tables';
COMMENT ON COLUMN pulse.progress.cluster IS 'Identity of the Kafka cluster; an embedded broker has a new one at each start';
COMMENT ON COLUMN pulse.progress.next_offset IS 'Offset of the first record that is not yet contained';
COMMENT ON COLUMN pulse.progress.epoch IS 'Raised at each assignment: an instance with an older one cannot commit any more';
COMMENT ON COLUMN pulse.progress.watermark IS 'No events older than this are expected from the partition';

CREATE TABLE pulse.ledger (
  cluster      text    NOT NULL,
  topic        text    NOT NULL,
  partition    integer NOT NULL,
  first_offset bigint  NOT NULL,
  next_offset  bigint  NOT NULL,
  consumed     bigint  NOT NULL,
  missing      bigint  NOT NULL,
  dead         bigint  NOT NULL,
  epoch        bigint  NOT NULL,
  opened_at    timestamptz NOT NULL DEFAULT now(),
  updated_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (cluster, topic, partition, first_offset)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
COMMENT ON TABLE pulse.ledger IS
  'Which offsets were applied, in segments of about a minute: [first_offset, next_offset) of one partition by one owner';
COMMENT ON COLUMN pulse.ledger.consumed IS 'Records of the range that were read: aggregated, filtered, late or dead';
COMMENT ON COLUMN pulse.ledger.missing IS 'Offsets of the range that the broker does not have; each gap is named in pulse.gaps';
COMMENT ON COLUMN pulse.ledger.dead IS 'Records that are in dead_letters';

CREATE TABLE pulse.ledger_counts (
  cluster      text    NOT NULL,
  topic        text    NOT NULL,
  partition    integer NOT NULL,
  first_offset bigint  NOT NULL,
  aggregate    text    NOT NULL,
  aggregated   bigint  NOT NULL,
  filtered     bigint  NOT NULL,
  late         bigint  NOT NULL,
  PRIMARY KEY (cluster, topic, partition, first_offset, aggregate)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
COMMENT ON TABLE pulse.ledger_counts IS 'For each ledger segment and aggregate, what became of the records that are not dead';
COMMENT ON COLUMN pulse.ledger_counts.filtered IS 'Records that the aggregate''s WHERE refused';
COMMENT ON COLUMN pulse.ledger_counts.late IS 'Records older than the aggregate still takes';

CREATE TABLE pulse.gaps (
  cluster      text    NOT NULL,
  topic        text    NOT NULL,
  partition    integer NOT NULL,
  first_offset bigint  NOT NULL,
  next_offset  bigint  NOT NULL,
  reason       text    NOT NULL,
  found_at     timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (cluster, topic, partition, first_offset)
);
COMMENT ON TABLE pulse.gaps IS
  'Offsets that were skipped because the broker, asked twice, does not have them';
COMMENT ON COLUMN pulse.gaps.reason IS 'expired: removed before they were read; absent: compaction or transaction markers';

CREATE TABLE pulse.retired (
  aggregate  text PRIMARY KEY,
  horizon    timestamptz NOT NULL,
  events     bigint,
  updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE pulse.retired IS 'What retention has removed: windows that ended by the horizon';
COMMENT ON COLUMN pulse.retired.events IS 'How many events the removed rows held; NULL when the aggregate has no count(*)';

CREATE TABLE pulse.alert_progress (
  alert           text NOT NULL,
  cluster         text NOT NULL,
  evaluated_until timestamptz NOT NULL,
  updated_at      timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (alert, cluster)
);
COMMENT ON TABLE pulse.alert_progress IS
  'Up to which window end each alert has been evaluated, by the watermark of a cluster''s stream';

CREATE TABLE dead_letters (
  id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  stream           text    NOT NULL,
  cluster          text    NOT NULL,
  topic            text    NOT NULL,
  partition        integer NOT NULL,
  record_offset    bigint  NOT NULL,
  record_timestamp timestamptz,
  key              bytea,
  value            bytea,
  headers          jsonb   NOT NULL,
  code             text    NOT NULL,
  reason           text    NOT NULL,
  created_at       timestamptz NOT NULL DEFAULT now(),
  UNIQUE (cluster, topic, partition, record_offset)
);
COMMENT ON TABLE dead_letters IS 'Records that could not be processed, with their original bytes and why';
COMMENT ON COLUMN dead_letters.record_timestamp IS 'The record''s own timestamp in Kafka';
COMMENT ON COLUMN dead_letters.value IS 'The original payload; NULL for a tombstone';
COMMENT ON COLUMN dead_letters.headers IS 'Array of {"name", "value"}, the value in hexadecimal or null';
COMMENT ON COLUMN dead_letters.code IS 'Stable reason code, e.g. TRUNCATED';
COMMENT ON COLUMN dead_letters.reason IS 'What is wrong, for a person';

CREATE TABLE alerts (
  id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  alert_type      text NOT NULL,
  severity        text NOT NULL,
  message         text NOT NULL,
  region          text,
  metric_name     text NOT NULL,
  metric_value    double precision NOT NULL,
  threshold_value double precision NOT NULL,
  aggregate       text NOT NULL,
  key             jsonb NOT NULL,
  window_start    timestamptz NOT NULL,
  window_end      timestamptz NOT NULL,
  created_at      timestamptz NOT NULL DEFAULT now(),
  acknowledged_at timestamptz,
  acknowledged_by text,
  UNIQUE (alert_type, key, window_start)
);
CREATE INDEX alerts_newest ON alerts (created_at DESC, id DESC);
COMMENT ON TABLE alerts IS 'Alerts raised when windows closed: one per alert, key and window';
COMMENT ON COLUMN alerts.region IS 'The region, when the alert is about one';
COMMENT ON COLUMN alerts.key IS 'The key of the aggregate''s row that the alert is about';
COMMENT ON COLUMN alerts.acknowledged_at IS 'When somebody took note of it; NULL: nobody yet';

-- Takes partitions over: makes their rows or raises their epoch, which fences the former owner.
CREATE FUNCTION pulse.claim(
  claimed_cluster text, claimed_topic text, partitions integer[], start_offsets bigint[], new_owner text
) RETURNS TABLE (partition integer, next_offset bigint, epoch bigint, watermark timestamptz)
LANGUAGE sql
AS $$
  INSERT INTO pulse.progress AS p (cluster, topic, partition, next_offset, epoch, owner)
  SELECT claimed_cluster, claimed_topic, d.partition, d.start_offset, 1, new_owner
  FROM unnest(partitions, start_offsets) AS d (partition, start_offset)
  ORDER BY d.partition
  ON CONFLICT (cluster, topic, partition)
  DO UPDATE SET epoch = p.epoch + 1, owner = excluded.owner, updated_at = now()
  RETURNING p.partition, p.next_offset, p.epoch, p.watermark
$$;
COMMENT ON FUNCTION pulse.claim IS 'Takes partitions over and returns where to begin';

-- The fence: moves every partition from the position that the caller believes in, or fails as a whole.
CREATE FUNCTION pulse.advance(
  owned_cluster text, owned_topic text, partitions integer[], epochs bigint[], expected bigint[], next_offsets bigint[],
  watermarks timestamptz[]
) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
  moved integer;
BEGIN
  -- Locks in partition order, so that two instances cannot wait for each other.
  PERFORM 1 FROM pulse.progress AS p
  WHERE p.cluster = owned_cluster AND p.topic = owned_topic AND p.partition = ANY (partitions)
  ORDER BY p.partition
  FOR UPDATE;

  UPDATE pulse.progress AS p
  SET next_offset = d.next_offset, watermark = coalesce(greatest(p.watermark, d.watermark), p.watermark),
      updated_at = now()
  FROM unnest(partitions, epochs, expected, next_offsets, watermarks)
    AS d (partition, epoch, expected, next_offset, watermark)
  WHERE p.cluster = owned_cluster AND p.topic = owned_topic AND p.partition = d.partition
    AND p.epoch = d.epoch AND p.next_offset = d.expected;

  GET DIAGNOSTICS moved = ROW_COUNT;
  IF moved <> cardinality(partitions) THEN
    RAISE EXCEPTION 'fenced: % of % partitions of % belong to another instance', cardinality(partitions) - moved,
      cardinality(partitions), owned_topic
      USING ERRCODE = 'SPF01';
  END IF;
END
$$;
COMMENT ON FUNCTION pulse.advance IS 'Compare-and-set of positions; SQLSTATE SPF01 when another instance owns one';
