-- Several streams: whatever belongs to a partition belongs to the stream that reads it, too, since two streams may read one
-- topic. And several projects in one database, each with these tables in a schema of its own: for a project whose results
-- are in the schema public it is pulse, for another the Migrator writes the project's own name in its place.

CREATE TABLE pulse.project (
  is_only    boolean PRIMARY KEY DEFAULT true CHECK (is_only),
  name       text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE pulse.project IS 'The project whose results and bookkeeping these are';

-- Until now a database had one stream, or several projects whose streams read topics of their own: a topic's stream is that
-- of the aggregates that were counted of it.
CREATE TEMPORARY TABLE streams_of_topics ON COMMIT DROP AS
SELECT c.cluster, c.topic, min(substring(d.shape FROM '(?n)^stream: (.*)$')) AS stream
FROM pulse.ledger_counts AS c JOIN pulse.definitions AS d USING (aggregate)
GROUP BY c.cluster, c.topic;

ALTER TABLE pulse.progress ADD COLUMN stream text NOT NULL DEFAULT '';
ALTER TABLE pulse.ledger ADD COLUMN stream text NOT NULL DEFAULT '';
ALTER TABLE pulse.ledger_counts ADD COLUMN stream text NOT NULL DEFAULT '';
ALTER TABLE pulse.gaps ADD COLUMN stream text NOT NULL DEFAULT '';
ALTER TABLE pulse.replays ADD COLUMN stream text NOT NULL DEFAULT '';

UPDATE pulse.progress AS t SET stream = s.stream FROM streams_of_topics AS s
WHERE (t.cluster, t.topic) = (s.cluster, s.topic) AND s.stream IS NOT NULL;
UPDATE pulse.ledger AS t SET stream = s.stream FROM streams_of_topics AS s
WHERE (t.cluster, t.topic) = (s.cluster, s.topic) AND s.stream IS NOT NULL;
UPDATE pulse.ledger_counts AS t SET stream = s.stream FROM streams_of_topics AS s
WHERE (t.cluster, t.topic) = (s.cluster, s.topic) AND s.stream IS NOT NULL;
UPDATE pulse.gaps AS t SET stream = s.stream FROM streams_of_topics AS s
WHERE (t.cluster, t.topic) = (s.cluster, s.topic) AND s.stream IS NOT NULL;
UPDATE pulse.replays AS t SET stream = s.stream FROM streams_of_topics AS s
WHERE (t.cluster, t.topic) = (s.cluster, s.topic) AND s.stream IS NOT NULL;

ALTER TABLE pulse.progress ALTER COLUMN stream DROP DEFAULT,
  DROP CONSTRAINT progress_pkey, ADD PRIMARY KEY (stream, cluster, topic, partition);
ALTER TABLE pulse.ledger ALTER COLUMN stream DROP DEFAULT,
  DROP CONSTRAINT ledger_pkey, ADD PRIMARY KEY (stream, cluster, topic, partition, first_offset);
ALTER TABLE pulse.ledger_counts ALTER COLUMN stream DROP DEFAULT,
  DROP CONSTRAINT ledger_counts_pkey, ADD PRIMARY KEY (stream, cluster, topic, partition, first_offset, aggregate);
ALTER TABLE pulse.gaps ALTER COLUMN stream DROP DEFAULT,
  DROP CONSTRAINT gaps_pkey, ADD PRIMARY KEY (stream, cluster, topic, partition, first_offset);
ALTER TABLE pulse.replays ALTER COLUMN stream DROP DEFAULT;
COMMENT ON COLUMN pulse.progress.stream IS 'The stream that reads the partition';
COMMENT ON COLUMN pulse.ledger.stream IS 'The stream that reads the partition';
COMMENT ON COLUMN pulse.ledger_counts.stream IS 'The stream that reads the partition';
COMMENT ON COLUMN pulse.gaps.stream IS 'The stream that reads the partition';
COMMENT ON COLUMN pulse.replays.stream IS 'The stream of the aggregate';

ALTER TABLE dead_letters
  DROP CONSTRAINT dead_letters_once,
  ADD CONSTRAINT dead_letters_once
    UNIQUE NULLS NOT DISTINCT (stream, cluster, topic, partition, record_offset, aggregate);

-- Not of the names of cluster and stream: begin_again changes the one, and the other came later than the first seals.
CREATE OR REPLACE FUNCTION pulse.seal(segment pulse.ledger) RETURNS text
LANGUAGE sql STABLE
SET timezone = 'UTC'
AS $$
  SELECT md5((to_jsonb(segment) - 'cluster' - 'stream' - 'seal')::text || coalesce(
    (SELECT string_agg((to_jsonb(c) - 'cluster' - 'stream')::text, ',' ORDER BY c.aggregate COLLATE "C")
     FROM pulse.ledger_counts AS c
     WHERE (c.stream, c.cluster, c.topic, c.partition, c.first_offset)
       = (segment.stream, segment.cluster, segment.topic, segment.partition, segment.first_offset)), ''))
$$;

DROP FUNCTION pulse.claim;
CREATE FUNCTION pulse.claim(
  claimed_stream text, claimed_cluster text, claimed_topic text, partitions integer[], start_offsets bigint[],
  new_owner text
) RETURNS TABLE (partition integer, next_offset bigint, epoch bigint, watermark timestamptz, last_record bigint)
LANGUAGE sql
AS $$
  INSERT INTO pulse.progress AS p (stream, cluster, topic, partition, next_offset, epoch, owner)
  SELECT claimed_stream, claimed_cluster, claimed_topic, d.partition, d.start_offset, 1, new_owner
  FROM unnest(partitions, start_offsets) AS d (partition, start_offset)
  ORDER BY d.partition
  ON CONFLICT (stream, cluster, topic, partition)
  DO UPDATE SET epoch = p.epoch + 1, is_idle = false, owner = excluded.owner, updated_at = now()
  RETURNING p.partition, p.next_offset, p.epoch, p.watermark, p.last_record
$$;
COMMENT ON FUNCTION pulse.claim IS 'Takes partitions over and returns where to begin';

DROP FUNCTION pulse.advance;
CREATE FUNCTION pulse.advance(
  owned_stream text, owned_cluster text, owned_topic text, partitions integer[], epochs bigint[], expected bigint[],
  next_offsets bigint[], watermarks timestamptz[], idle boolean[], last_records bigint[]
) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
  moved integer;
BEGIN
  -- Locks in partition order, so that two instances cannot wait for each other.
  PERFORM 1 FROM pulse.progress AS p
  WHERE p.stream = owned_stream AND p.cluster = owned_cluster AND p.topic = owned_topic
    AND p.partition = ANY (partitions)
  ORDER BY p.partition
  FOR UPDATE;

  UPDATE pulse.progress AS p
  SET next_offset = d.next_offset, watermark = coalesce(d.watermark, p.watermark), is_idle = d.is_idle,
      last_record = CASE WHEN d.next_offset = d.expected THEN p.last_record ELSE d.last_record END,
      updated_at = now()
  FROM unnest(partitions, epochs, expected, next_offsets, watermarks, idle, last_records)
    AS d (partition, epoch, expected, next_offset, watermark, is_idle, last_record)
  WHERE p.stream = owned_stream AND p.cluster = owned_cluster AND p.topic = owned_topic
    AND p.partition = d.partition AND p.epoch = d.epoch AND p.next_offset = d.expected;

  GET DIAGNOSTICS moved = ROW_COUNT;
  IF moved <> cardinality(partitions) THEN
    RAISE EXCEPTION 'fenced: % of % partitions of % belong to another instance', cardinality(partitions) - moved,
      cardinality(partitions), owned_topic
      USING ERRCODE = 'SPF01';
  END IF;
END
$$;
COMMENT ON FUNCTION pulse.advance IS 'Compare-and-set of positions; SQLSTATE SPF01 when another instance owns one';

DROP FUNCTION pulse.enter_ledger;
CREATE FUNCTION pulse.enter_ledger(
  owned_stream text, owned_cluster text, owned_topic text,
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
    (stream, cluster, topic, partition, aggregate, first_offset, aggregated, filtered, late, dead)
  SELECT owned_stream, owned_cluster, owned_topic, d.*
  FROM unnest(count_partitions, count_aggregates, count_segments, aggregated_counts, filtered_counts, late_counts,
              dead_event_counts) AS d
  ON CONFLICT (stream, cluster, topic, partition, first_offset, aggregate) DO UPDATE
  SET aggregated = l.aggregated + excluded.aggregated, filtered = l.filtered + excluded.filtered,
      late = l.late + excluded.late, dead = l.dead + excluded.dead;

  -- The columns of pulse.ledger in their order: cluster, topic, partition, first_offset, next_offset, consumed, missing,
  -- dead, epoch, opened_at, updated_at, latest_event, seal, stream.
  UPDATE pulse.ledger AS l
  SET next_offset = d.next_offset, consumed = l.consumed + d.consumed, missing = l.missing + d.missing,
      dead = l.dead + d.dead, epoch = d.epoch, latest_event = greatest(l.latest_event, d.latest_event),
      updated_at = now(),
      seal = pulse.seal(ROW(
        l.cluster, l.topic, l.partition, l.first_offset, d.next_offset, l.consumed + d.consumed, l.missing + d.missing,
        l.dead + d.dead, d.epoch, l.opened_at, now(), greatest(l.latest_event, d.latest_event), '',
        l.stream)::pulse.ledger)
  FROM unnest(partitions, segments, beginnings, next_offsets, consumed_counts, missing_counts, dead_counts, epochs,
              latest_events)
    AS d (partition, segment, beginning, next_offset, consumed, missing, dead, epoch, latest_event)
  WHERE l.stream = owned_stream AND l.cluster = owned_cluster AND l.topic = owned_topic AND l.partition = d.partition
    AND l.first_offset = d.segment AND d.segment <> d.beginning;
  GET DIAGNOSTICS extended = ROW_COUNT;

  INSERT INTO pulse.ledger
    (cluster, topic, partition, first_offset, next_offset, consumed, missing, dead, epoch, opened_at, updated_at,
     latest_event, seal, stream)
  SELECT owned_cluster, owned_topic, d.partition, d.segment, d.next_offset, d.consumed, d.missing, d.dead, d.epoch,
         now(), now(), d.latest_event,
         pulse.seal(ROW(
           owned_cluster, owned_topic, d.partition, d.segment, d.next_offset, d.consumed, d.missing, d.dead, d.epoch,
           now(), now(), d.latest_event, '', owned_stream)::pulse.ledger),
         owned_stream
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

DROP FUNCTION pulse.record_gaps;
CREATE FUNCTION pulse.record_gaps(
  owned_stream text, owned_cluster text, owned_topic text, partitions integer[], first_offsets bigint[],
  next_offsets bigint[], reasons text[]
) RETURNS void
LANGUAGE sql
AS $$
  WITH recorded AS (
    INSERT INTO pulse.gaps (stream, cluster, topic, partition, first_offset, next_offset, reason)
    SELECT owned_stream, owned_cluster, owned_topic, d.*
    FROM unnest(partitions, first_offsets, next_offsets, reasons) AS d (partition, first_offset, next_offset, reason)
    RETURNING *
  )
  INSERT INTO alerts (alert_type, severity, message, metric_name, metric_value, threshold_value, aggregate, key,
    window_start, window_end)
  SELECT 'RECORDS_EXPIRED', 'CRITICAL',
         format('%s records of partition %s of %s were deleted by the broker before they were read: offsets %s to %s',
                next_offset - first_offset, partition, topic, first_offset, next_offset - 1),
         'expired_records', next_offset - first_offset, 0, owned_stream,
         jsonb_build_object('stream', stream, 'cluster', cluster, 'topic', topic, 'partition', partition,
                            'first_offset', first_offset),
         found_at, found_at
  FROM recorded WHERE reason = 'expired'
$$;
COMMENT ON FUNCTION pulse.record_gaps IS 'Records gaps; expired records raise an alert';

-- For operators, whose session may have another search_path than the project's.
DROP FUNCTION pulse.begin_again;
CREATE FUNCTION pulse.begin_again(
  old_cluster text, old_topic text, old_partition integer, old_stream text DEFAULT NULL
) RETURNS text
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
  archive text := old_cluster || ' until ' || to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
BEGIN
  UPDATE pulse.progress AS p SET cluster = archive, epoch = p.epoch + 1
  WHERE (p.cluster, p.topic, p.partition) = (old_cluster, old_topic, old_partition)
    AND (old_stream IS NULL OR p.stream = old_stream);
  IF NOT FOUND THEN
    RAISE EXCEPTION 'nothing has been read of partition % of % in the cluster %', old_partition, old_topic, old_cluster;
  END IF;
  UPDATE pulse.ledger AS l SET cluster = archive
  WHERE (l.cluster, l.topic, l.partition) = (old_cluster, old_topic, old_partition)
    AND (old_stream IS NULL OR l.stream = old_stream);
  UPDATE pulse.ledger_counts AS c SET cluster = archive
  WHERE (c.cluster, c.topic, c.partition) = (old_cluster, old_topic, old_partition)
    AND (old_stream IS NULL OR c.stream = old_stream);
  UPDATE pulse.gaps AS g SET cluster = archive
  WHERE (g.cluster, g.topic, g.partition) = (old_cluster, old_topic, old_partition)
    AND (old_stream IS NULL OR g.stream = old_stream);
  UPDATE dead_letters AS d SET cluster = archive
  WHERE (d.cluster, d.topic, d.partition) = (old_cluster, old_topic, old_partition)
    AND (old_stream IS NULL OR d.stream = old_stream);
  -- The offsets begin again: none of them is contained by a replay yet. The row stays for the events that it has added.
  UPDATE pulse.replays AS r SET positions[array_position(r.partitions, old_partition)] = 0
  WHERE (r.cluster, r.topic) = (old_cluster, old_topic) AND old_partition = ANY (r.partitions)
    AND (old_stream IS NULL OR r.stream = old_stream);
  RETURN archive;
END
$$;
COMMENT ON FUNCTION pulse.begin_again IS
  'Lets a partition be read from its start again, by one stream or by all, and keeps its ledger under the returned cluster name';

DROP FUNCTION pulse.accept_gap;
CREATE FUNCTION pulse.accept_gap(
  held_cluster text, held_topic text, held_partition integer, first_missing bigint, next_present bigint,
  held_stream text DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
  held record;
BEGIN
  IF next_present <= first_missing THEN
    RAISE EXCEPTION 'a gap from % to before % is empty', first_missing, next_present;
  END IF;
  FOR held IN
    UPDATE pulse.progress AS p SET next_offset = next_present, last_record = NULL, epoch = p.epoch + 1, updated_at = now()
    WHERE (p.cluster, p.topic, p.partition, p.next_offset) = (held_cluster, held_topic, held_partition, first_missing)
      AND (held_stream IS NULL OR p.stream = held_stream)
    RETURNING p.stream, p.epoch
  LOOP
    INSERT INTO pulse.ledger
      (stream, cluster, topic, partition, first_offset, next_offset, consumed, missing, dead, epoch)
    VALUES (held.stream, held_cluster, held_topic, held_partition, first_missing, next_present, 0,
            next_present - first_missing, 0, held.epoch);
    UPDATE pulse.ledger AS l SET seal = pulse.seal(l)
    WHERE (l.stream, l.cluster, l.topic, l.partition, l.first_offset)
      = (held.stream, held_cluster, held_topic, held_partition, first_missing);
    INSERT INTO pulse.gaps (stream, cluster, topic, partition, first_offset, next_offset, reason)
    VALUES (held.stream, held_cluster, held_topic, held_partition, first_missing, next_present, 'accepted');
  END LOOP;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'partition % of % in the cluster % is not at offset %', held_partition, held_topic, held_cluster,
      first_missing;
  END IF;
END
$$;
COMMENT ON FUNCTION pulse.accept_gap IS
  'Lets a partition that is held at an unexplained gap go on behind it; fences the instances that hold it';
