-- The topic's identity (a fingerprint of the last applied record), the alert about expired records, and the way on
-- after a gap that the broker cannot explain.

ALTER TABLE pulse.progress ADD COLUMN last_record bigint;
COMMENT ON COLUMN pulse.progress.last_record IS
  'Fingerprint of the record at next_offset - 1: whoever takes the partition over reads it again and compares; NULL: unknown';

COMMENT ON COLUMN pulse.gaps.reason IS
  'expired: removed before they were read; compacted; transaction: markers or aborted records; accepted: by an operator; absent: recorded before reasons were asked for';

DROP FUNCTION pulse.claim;
CREATE FUNCTION pulse.claim(
  claimed_cluster text, claimed_topic text, partitions integer[], start_offsets bigint[], new_owner text
) RETURNS TABLE (partition integer, next_offset bigint, epoch bigint, watermark timestamptz, last_record bigint)
LANGUAGE sql
AS $$
  INSERT INTO pulse.progress AS p (cluster, topic, partition, next_offset, epoch, owner)
  SELECT claimed_cluster, claimed_topic, d.partition, d.start_offset, 1, new_owner
  FROM unnest(partitions, start_offsets) AS d (partition, start_offset)
  ORDER BY d.partition
  ON CONFLICT (cluster, topic, partition)
  DO UPDATE SET epoch = p.epoch + 1, is_idle = false, owner = excluded.owner, updated_at = now()
  RETURNING p.partition, p.next_offset, p.epoch, p.watermark, p.last_record
$$;
COMMENT ON FUNCTION pulse.claim IS 'Takes partitions over and returns where to begin';

-- An instance of the version before gives no fingerprints: then the last record is unknown.
DROP FUNCTION pulse.advance;
CREATE FUNCTION pulse.advance(
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
  SET next_offset = d.next_offset, watermark = greatest(p.watermark, d.watermark), is_idle = d.is_idle,
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
COMMENT ON FUNCTION pulse.advance IS 'Compare-and-set of positions; SQLSTATE SPF01 when another instance owns one';

-- Records the gaps of a flush; records that were gone before they were read also raise an alert, once.
CREATE FUNCTION pulse.record_gaps(
  owned_cluster text, owned_topic text, aggregated_stream text, partitions integer[], first_offsets bigint[],
  next_offsets bigint[], reasons text[]
) RETURNS void
LANGUAGE sql
AS $$
  WITH recorded AS (
    INSERT INTO pulse.gaps (cluster, topic, partition, first_offset, next_offset, reason)
    SELECT owned_cluster, owned_topic, d.*
    FROM unnest(partitions, first_offsets, next_offsets, reasons) AS d (partition, first_offset, next_offset, reason)
    RETURNING *
  )
  INSERT INTO alerts (alert_type, severity, message, metric_name, metric_value, threshold_value, aggregate, key,
    window_start, window_end)
  SELECT 'RECORDS_EXPIRED', 'CRITICAL',
         format('%s records of partition %s of %s were deleted by the broker before they were read: offsets %s to %s',
                next_offset - first_offset, partition, topic, first_offset, next_offset - 1),
         'expired_records', next_offset - first_offset, 0, aggregated_stream,
         jsonb_build_object('cluster', cluster, 'topic', topic, 'partition', partition, 'first_offset', first_offset),
         found_at, found_at
  FROM recorded WHERE reason = 'expired'
$$;
COMMENT ON FUNCTION pulse.record_gaps IS 'Records gaps; expired records raise an alert';

-- The way on after a gap that the broker could not explain: an operator takes the loss, on record.
CREATE FUNCTION pulse.accept_gap(
  held_cluster text, held_topic text, held_partition integer, first_missing bigint, next_present bigint
) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
  new_epoch bigint;
BEGIN
  IF next_present <= first_missing THEN
    RAISE EXCEPTION 'a gap from % to before % is empty', first_missing, next_present;
  END IF;
  UPDATE pulse.progress AS p SET next_offset = next_present, last_record = NULL, epoch = p.epoch + 1, updated_at = now()
  WHERE (p.cluster, p.topic, p.partition, p.next_offset) = (held_cluster, held_topic, held_partition, first_missing)
  RETURNING p.epoch INTO new_epoch;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'partition % of % in the cluster % is not at offset %', held_partition, held_topic, held_cluster,
      first_missing;
  END IF;
  INSERT INTO pulse.ledger (cluster, topic, partition, first_offset, next_offset, consumed, missing, dead, epoch)
  VALUES (held_cluster, held_topic, held_partition, first_missing, next_present, 0, next_present - first_missing, 0,
          new_epoch);
  INSERT INTO pulse.gaps (cluster, topic, partition, first_offset, next_offset, reason)
  VALUES (held_cluster, held_topic, held_partition, first_missing, next_present, 'accepted');
END
$$;
COMMENT ON FUNCTION pulse.accept_gap IS
  'Lets a partition that is held at an unexplained gap go on behind it; fences the instance that holds it';
