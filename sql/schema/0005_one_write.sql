-- One write for each ledger segment and flush, watermarks that a wrong clock has carried off, and alerts whose keys
-- the engine does not know by name.

-- Enters what a flush has added to the segments of one topic, with their counts and seals. A segment begins with the
-- flush whose first offset is its own; all later ones extend it. Each row is written once, sealed as it will be.
CREATE FUNCTION pulse.enter_ledger(
  owned_cluster text, owned_topic text,
  partitions integer[], segments bigint[], beginnings bigint[], next_offsets bigint[], consumed_counts bigint[],
  missing_counts bigint[], dead_counts bigint[], epochs bigint[], latest_events timestamptz[],
  count_partitions integer[], count_aggregates text[], count_segments bigint[], aggregated_counts bigint[],
  filtered_counts bigint[], late_counts bigint[], dead_event_counts bigint[]
) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
  entered integer;
  extended integer;
BEGIN
  INSERT INTO pulse.ledger_counts AS l
    (cluster, topic, partition, aggregate, first_offset, aggregated, filtered, late, dead)
  SELECT owned_cluster, owned_topic, d.*
  FROM unnest(count_partitions, count_aggregates, count_segments, aggregated_counts, filtered_counts, late_counts,
              dead_event_counts) AS d
  ON CONFLICT (cluster, topic, partition, first_offset, aggregate) DO UPDATE
  SET aggregated = l.aggregated + excluded.aggregated, filtered = l.filtered + excluded.filtered,
      late = l.late + excluded.late, dead = l.dead + excluded.dead;

  -- The columns of pulse.ledger in their order: cluster, topic, partition, first_offset, next_offset, consumed, missing,
  -- dead, epoch, opened_at, updated_at, latest_event, seal.
  UPDATE pulse.ledger AS l
  SET next_offset = d.next_offset, consumed = l.consumed + d.consumed, missing = l.missing + d.missing,
      dead = l.dead + d.dead, epoch = d.epoch, latest_event = greatest(l.latest_event, d.latest_event),
      updated_at = now(),
      seal = pulse.seal(ROW(
        l.cluster, l.topic, l.partition, l.first_offset, d.next_offset, l.consumed + d.consumed, l.missing + d.missing,
        l.dead + d.dead, d.epoch, l.opened_at, now(), greatest(l.latest_event, d.latest_event), '')::pulse.ledger)
  FROM unnest(partitions, segments, beginnings, next_offsets, consumed_counts, missing_counts, dead_counts, epochs,
              latest_events)
    AS d (partition, segment, beginning, next_offset, consumed, missing, dead, epoch, latest_event)
  WHERE l.cluster = owned_cluster AND l.topic = owned_topic AND l.partition = d.partition
    AND l.first_offset = d.segment AND d.segment <> d.beginning;
  GET DIAGNOSTICS extended = ROW_COUNT;

  INSERT INTO pulse.ledger
    (cluster, topic, partition, first_offset, next_offset, consumed, missing, dead, epoch, opened_at, updated_at,
     latest_event, seal)
  SELECT owned_cluster, owned_topic, d.partition, d.segment, d.next_offset, d.consumed, d.missing, d.dead, d.epoch,
         now(), now(), d.latest_event,
         pulse.seal(ROW(
           owned_cluster, owned_topic, d.partition, d.segment, d.next_offset, d.consumed, d.missing, d.dead, d.epoch,
           now(), now(), d.latest_event, '')::pulse.ledger)
  FROM unnest(partitions, segments, beginnings, next_offsets, consumed_counts, missing_counts, dead_counts, epochs,
              latest_events)
    AS d (partition, segment, beginning, next_offset, consumed, missing, dead, epoch, latest_event)
  WHERE d.segment = d.beginning;
  GET DIAGNOSTICS entered = ROW_COUNT;

  IF entered + extended <> cardinality(partitions) THEN
    RAISE EXCEPTION '% of % ledger segments of % are not there', cardinality(partitions) - entered - extended,
      cardinality(partitions), owned_topic;
  END IF;
END
$$;
COMMENT ON FUNCTION pulse.enter_ledger IS 'Adds what a flush has applied to the ledger; each segment is written once';

-- The owner's watermark counts, as long as it has one: it never goes back but when a wrong clock has carried it off.
CREATE OR REPLACE FUNCTION pulse.advance(
  owned_cluster text, owned_topic text, partitions integer[], epochs bigint[], expected bigint[], next_offsets bigint[],
  watermarks timestamptz[], idle boolean[], last_records bigint[] DEFAULT NULL
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
  SET next_offset = d.next_offset, watermark = coalesce(d.watermark, p.watermark), is_idle = d.is_idle,
      last_record = CASE WHEN d.next_offset = d.expected THEN p.last_record ELSE d.last_record END,
      updated_at = now()
  FROM unnest(partitions, epochs, expected, next_offsets, watermarks, idle, last_records)
    AS d (partition, epoch, expected, next_offset, watermark, is_idle, last_record)
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

-- An alert that was judged ahead of the clock is judged again from now on.
UPDATE pulse.alert_progress SET evaluated_until = least(evaluated_until, now());

-- The columns that clients of the downloads know; the engine writes the key alone.
CREATE FUNCTION pulse.fill_alert_columns() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
  NEW.region := coalesce(NEW.region, NEW.key ->> 'region');
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION pulse.fill_alert_columns IS 'Copies well-known keys of an alert into columns of their own';
CREATE TRIGGER alerts_columns BEFORE INSERT ON alerts FOR EACH ROW EXECUTE FUNCTION pulse.fill_alert_columns();
