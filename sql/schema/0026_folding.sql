-- The books of a year stay small: proven segments of the ledger become those of an hour, later those of a day, and dead
-- letters that nothing needs any more leave their number behind. What is folded adds up as before: a folded segment is a
-- segment like any other, with the sums of those that it was made of and a seal of its own.

ALTER TABLE pulse.gaps ADD COLUMN missing bigint CHECK (missing BETWEEN 1 AND next_offset - first_offset);
COMMENT ON COLUMN pulse.gaps.missing IS
  'How many offsets of the range are missing: gaps of one reason that were folded; NULL: all of it';

CREATE TABLE pulse.forgotten_letters (
  stream       text    NOT NULL,
  cluster      text    NOT NULL,
  topic        text    NOT NULL,
  partition    integer NOT NULL,
  first_offset bigint  NOT NULL,
  aggregate    text    NOT NULL,
  letters      bigint  NOT NULL CHECK (letters > 0),
  latest_event timestamptz,
  PRIMARY KEY (stream, cluster, topic, partition, first_offset, aggregate)
);
COMMENT ON TABLE pulse.forgotten_letters IS
  'Dead letters that retention has removed: how many of each ledger segment, which verify adds to those that are there';
COMMENT ON COLUMN pulse.forgotten_letters.first_offset IS 'Of the ledger segment that they lie in';
COMMENT ON COLUMN pulse.forgotten_letters.aggregate IS 'The one aggregate that did not take them; empty: none has';
COMMENT ON COLUMN pulse.forgotten_letters.latest_event IS 'The greatest event time of those that a replay had added to rows';

CREATE TABLE pulse.forgotten_replays (
  aggregate text   PRIMARY KEY,
  events    bigint NOT NULL
);
COMMENT ON TABLE pulse.forgotten_replays IS
  'Removed dead letters that replays had added to the rows of an aggregate: how many, since the rows still hold them';

-- Makes one segment of each run of neighbouring segments between two offsets. Only what is proven as verify proves it is
-- folded: the rest stays as it is, for verify to name. The last segment of a partition stays, too: a processor adds to it.
-- Nor is a segment swallowed where a deployment that was interrupted has begun to read: it counts from there.
--
-- The caller keeps replays of aggregates out. Whoever waits for the rows meanwhile (begin_again) finds the folded ones.
CREATE FUNCTION pulse.fold_ledger(
  owned_stream text, owned_cluster text, owned_topic text, owned_partition integer, first_segment bigint,
  last_segment bigint
) RETURNS integer
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
  run record;
  folded integer := 0;
BEGIN
  PERFORM 1 FROM pulse.ledger AS l
  WHERE (l.stream, l.cluster, l.topic, l.partition) = (owned_stream, owned_cluster, owned_topic, owned_partition)
    AND l.first_offset BETWEEN first_segment AND last_segment
  ORDER BY l.first_offset FOR UPDATE;

  FOR run IN
    WITH counted AS (
      SELECT c.first_offset, string_agg(c.aggregate, E'\n' ORDER BY c.aggregate COLLATE "C") AS aggregates,
             array_agg(c.aggregate) AS names,
             min(c.aggregated + c.filtered + c.late + c.dead) AS fewest,
             max(c.aggregated + c.filtered + c.late + c.dead) AS most,
             min(least(c.aggregated, c.filtered, c.late, c.dead)) AS least, sum(c.dead) AS dead
      FROM pulse.ledger_counts AS c
      WHERE (c.stream, c.cluster, c.topic, c.partition) = (owned_stream, owned_cluster, owned_topic, owned_partition)
        AND c.first_offset BETWEEN first_segment AND last_segment
      GROUP BY c.first_offset),
    segments AS (
      SELECT l.first_offset, l.next_offset, c.aggregates,
             l.next_offset - l.first_offset = l.consumed + l.missing AND least(l.consumed, l.missing, l.dead) >= 0
             AND l.seal = pulse.seal(l)
             AND l.missing = coalesce((
               SELECT sum(coalesce(g.missing, g.next_offset - g.first_offset)) FROM pulse.gaps AS g
               WHERE (g.stream, g.cluster, g.topic, g.partition) = (l.stream, l.cluster, l.topic, l.partition)
                 AND g.first_offset >= l.first_offset AND g.next_offset <= l.next_offset), 0)
             AND CASE WHEN c.aggregates IS NULL THEN l.consumed = 0
                      ELSE c.least >= 0 AND c.fewest + l.dead = l.consumed AND c.most + l.dead = l.consumed END
             AND l.dead = (
               SELECT count(*) FROM dead_letters AS d
               WHERE (d.stream, d.cluster, d.topic, d.partition) = (l.stream, l.cluster, l.topic, l.partition)
                 AND d.record_offset >= l.first_offset AND d.record_offset < l.next_offset AND d.aggregate IS NULL)
               + coalesce((
               SELECT sum(f.letters) FROM pulse.forgotten_letters AS f
               WHERE (f.stream, f.cluster, f.topic, f.partition, f.first_offset, f.aggregate)
                 = (l.stream, l.cluster, l.topic, l.partition, l.first_offset, '')), 0)
             AND NOT EXISTS (
               SELECT FROM (
                 SELECT n.aggregate, sum(n.dead) AS dead, sum(n.letters) AS letters
                 FROM (SELECT n.aggregate, n.dead, 0 AS letters FROM pulse.ledger_counts AS n
                       WHERE (n.stream, n.cluster, n.topic, n.partition, n.first_offset)
                         = (l.stream, l.cluster, l.topic, l.partition, l.first_offset) AND n.dead > 0
                       UNION ALL
                       SELECT d.aggregate, 0, 1 FROM dead_letters AS d
                       WHERE (d.stream, d.cluster, d.topic, d.partition) = (l.stream, l.cluster, l.topic, l.partition)
                         AND d.record_offset >= l.first_offset AND d.record_offset < l.next_offset
                         AND d.aggregate IS NOT NULL
                       UNION ALL
                       SELECT f.aggregate, 0, f.letters FROM pulse.forgotten_letters AS f
                       WHERE (f.stream, f.cluster, f.topic, f.partition, f.first_offset)
                         = (l.stream, l.cluster, l.topic, l.partition, l.first_offset) AND f.aggregate <> '') AS n
                 GROUP BY n.aggregate) AS n
               WHERE n.dead <> n.letters) AS is_proven,
             EXISTS (
               SELECT FROM pulse.backfills AS b, unnest(b.partitions, b.starts) AS s (partition, start)
               WHERE (b.cluster, b.topic, s.partition, s.start) = (l.cluster, l.topic, l.partition, l.first_offset)
             ) AS is_start
      FROM pulse.ledger AS l LEFT JOIN counted AS c USING (first_offset)
      WHERE (l.stream, l.cluster, l.topic, l.partition) = (owned_stream, owned_cluster, owned_topic, owned_partition)
        AND l.first_offset BETWEEN first_segment AND last_segment
        AND l.first_offset < (
          SELECT max(n.first_offset) FROM pulse.ledger AS n
          WHERE (n.stream, n.cluster, n.topic, n.partition) = (owned_stream, owned_cluster, owned_topic, owned_partition))),
    neighbours AS (
      SELECT *, coalesce(
        is_proven AND lag(is_proven) OVER by_offset AND lag(next_offset) OVER by_offset = first_offset
          AND lag(aggregates) OVER by_offset IS NOT DISTINCT FROM aggregates AND NOT is_start, false) AS continues
      FROM segments WINDOW by_offset AS (ORDER BY first_offset)),
    runs AS (
      SELECT *, count(*) FILTER (WHERE NOT continues) OVER (ORDER BY first_offset) AS number FROM neighbours)
    SELECT min(first_offset) AS first_offset, max(next_offset) AS next_offset, count(*)::integer AS segments
    FROM runs GROUP BY number HAVING count(*) > 1
  LOOP
    UPDATE pulse.ledger_counts AS c
    SET aggregated = s.aggregated, filtered = s.filtered, late = s.late, dead = s.dead, rows = s.rows
    FROM (SELECT n.aggregate, sum(n.aggregated) AS aggregated, sum(n.filtered) AS filtered, sum(n.late) AS late,
                 sum(n.dead) AS dead, sum(n.rows) AS rows
          FROM pulse.ledger_counts AS n
          WHERE (n.stream, n.cluster, n.topic, n.partition) = (owned_stream, owned_cluster, owned_topic, owned_partition)
            AND n.first_offset >= run.first_offset AND n.first_offset < run.next_offset
          GROUP BY n.aggregate) AS s
    WHERE (c.stream, c.cluster, c.topic, c.partition, c.first_offset)
      = (owned_stream, owned_cluster, owned_topic, owned_partition, run.first_offset) AND c.aggregate = s.aggregate;
    DELETE FROM pulse.ledger_counts AS c
    WHERE (c.stream, c.cluster, c.topic, c.partition) = (owned_stream, owned_cluster, owned_topic, owned_partition)
      AND c.first_offset > run.first_offset AND c.first_offset < run.next_offset;

    INSERT INTO pulse.forgotten_letters AS f
      (stream, cluster, topic, partition, first_offset, aggregate, letters, latest_event)
    SELECT owned_stream, owned_cluster, owned_topic, owned_partition, run.first_offset, n.aggregate, sum(n.letters),
           max(n.latest_event)
    FROM pulse.forgotten_letters AS n
    WHERE (n.stream, n.cluster, n.topic, n.partition) = (owned_stream, owned_cluster, owned_topic, owned_partition)
      AND n.first_offset > run.first_offset AND n.first_offset < run.next_offset
    GROUP BY n.aggregate
    ON CONFLICT (stream, cluster, topic, partition, first_offset, aggregate) DO UPDATE
    SET letters = f.letters + excluded.letters, latest_event = greatest(f.latest_event, excluded.latest_event);
    DELETE FROM pulse.forgotten_letters AS f
    WHERE (f.stream, f.cluster, f.topic, f.partition) = (owned_stream, owned_cluster, owned_topic, owned_partition)
      AND f.first_offset > run.first_offset AND f.first_offset < run.next_offset;

    -- Markers of transactions are a gap each, and many. What an operator or a broker has taken stays by its offsets.
    UPDATE pulse.gaps AS g SET next_offset = s.next_offset, missing = s.missing
    FROM (SELECT n.reason, min(n.first_offset) AS first_offset, max(n.next_offset) AS next_offset,
                 sum(coalesce(n.missing, n.next_offset - n.first_offset)) AS missing
          FROM pulse.gaps AS n
          WHERE (n.stream, n.cluster, n.topic, n.partition) = (owned_stream, owned_cluster, owned_topic, owned_partition)
            AND n.first_offset >= run.first_offset AND n.next_offset <= run.next_offset
            AND n.reason IN ('transaction', 'compacted')
          GROUP BY n.reason HAVING count(*) > 1) AS s
    WHERE (g.stream, g.cluster, g.topic, g.partition, g.first_offset)
      = (owned_stream, owned_cluster, owned_topic, owned_partition, s.first_offset);
    DELETE FROM pulse.gaps AS g
    USING pulse.gaps AS whole
    WHERE (g.stream, g.cluster, g.topic, g.partition) = (owned_stream, owned_cluster, owned_topic, owned_partition)
      AND (whole.stream, whole.cluster, whole.topic, whole.partition) = (g.stream, g.cluster, g.topic, g.partition)
      AND whole.reason = g.reason AND whole.missing IS NOT NULL
      AND g.first_offset > whole.first_offset AND g.next_offset <= whole.next_offset
      AND g.first_offset >= run.first_offset AND g.next_offset <= run.next_offset;

    UPDATE pulse.ledger AS l
    SET next_offset = s.next_offset, consumed = s.consumed, missing = s.missing, dead = s.dead, epoch = s.epoch,
        opened_at = s.opened_at, updated_at = s.updated_at, latest_event = s.latest_event
    FROM (SELECT max(n.next_offset) AS next_offset, sum(n.consumed) AS consumed, sum(n.missing) AS missing,
                 sum(n.dead) AS dead, max(n.epoch) AS epoch, min(n.opened_at) AS opened_at,
                 max(n.updated_at) AS updated_at, max(n.latest_event) AS latest_event
          FROM pulse.ledger AS n
          WHERE (n.stream, n.cluster, n.topic, n.partition) = (owned_stream, owned_cluster, owned_topic, owned_partition)
            AND n.first_offset >= run.first_offset AND n.first_offset < run.next_offset) AS s
    WHERE (l.stream, l.cluster, l.topic, l.partition, l.first_offset)
      = (owned_stream, owned_cluster, owned_topic, owned_partition, run.first_offset);
    DELETE FROM pulse.ledger AS l
    WHERE (l.stream, l.cluster, l.topic, l.partition) = (owned_stream, owned_cluster, owned_topic, owned_partition)
      AND l.first_offset > run.first_offset AND l.first_offset < run.next_offset;
    -- In a statement of its own, which sees the sums.
    UPDATE pulse.ledger AS l SET seal = pulse.seal(l)
    WHERE (l.stream, l.cluster, l.topic, l.partition, l.first_offset)
      = (owned_stream, owned_cluster, owned_topic, owned_partition, run.first_offset);
    folded := folded + run.segments - 1;
  END LOOP;
  RETURN folded;
END
$$;
COMMENT ON FUNCTION pulse.fold_ledger IS
  'Makes one segment of neighbouring proven ones between two offsets; how many there are less. Keep replays out meanwhile';

-- Removes dead letters from before a time, and keeps their numbers. The topic must not hold their records any more: a replay
-- or a recount would take them for events. Those that are still to be forwarded stay.
CREATE FUNCTION pulse.forget_letters(
  owned_stream text, present_cluster text, present_topic text, partitions integer[], beginnings bigint[],
  until timestamptz, portion bigint
) RETURNS bigint
LANGUAGE sql
SET search_path FROM CURRENT
AS $$
  WITH old AS (
    SELECT d.id FROM dead_letters AS d
    WHERE d.stream = owned_stream AND d.created_at < until
      AND ((d.cluster, d.topic) <> (present_cluster, present_topic)
           OR EXISTS (SELECT FROM unnest(partitions, beginnings) AS b (partition, beginning)
                      WHERE b.partition = d.partition AND d.record_offset < b.beginning))
      AND NOT EXISTS (SELECT FROM pulse.outbox AS o WHERE o.letter = d.id AND o.problem IS NULL)
      AND EXISTS (SELECT FROM pulse.ledger AS l
                  WHERE (l.stream, l.cluster, l.topic, l.partition) = (d.stream, d.cluster, d.topic, d.partition)
                    AND d.record_offset >= l.first_offset AND d.record_offset < l.next_offset)
    ORDER BY d.id LIMIT portion FOR UPDATE OF d SKIP LOCKED),
  gone AS (
    DELETE FROM dead_letters AS d USING old WHERE d.id = old.id RETURNING d.*),
  replayed AS (
    DELETE FROM pulse.replayed_letters AS r USING old WHERE r.letter = old.id
    RETURNING r.letter, r.aggregate, r.outcome, r.event_time),
  noted AS (
    INSERT INTO pulse.forgotten_letters AS f
      (stream, cluster, topic, partition, first_offset, aggregate, letters, latest_event)
    SELECT g.stream, g.cluster, g.topic, g.partition, s.first_offset, coalesce(g.aggregate, ''), count(*),
           max(r.event_time)
    FROM gone AS g
    CROSS JOIN LATERAL (
      SELECT max(l.first_offset) AS first_offset FROM pulse.ledger AS l
      WHERE (l.stream, l.cluster, l.topic, l.partition) = (g.stream, g.cluster, g.topic, g.partition)
        AND l.first_offset <= g.record_offset) AS s
    LEFT JOIN (SELECT letter, max(event_time) AS event_time FROM replayed WHERE outcome = 'aggregated' GROUP BY letter)
      AS r ON r.letter = g.id
    GROUP BY 1, 2, 3, 4, 5, 6
    ON CONFLICT (stream, cluster, topic, partition, first_offset, aggregate) DO UPDATE
    SET letters = f.letters + excluded.letters, latest_event = greatest(f.latest_event, excluded.latest_event)),
  added AS (
    INSERT INTO pulse.forgotten_replays AS f (aggregate, events)
    SELECT aggregate, count(*) FROM replayed WHERE outcome = 'aggregated' GROUP BY aggregate
    ON CONFLICT (aggregate) DO UPDATE SET events = f.events + excluded.events)
  SELECT count(*) FROM gone
$$;
COMMENT ON FUNCTION pulse.forget_letters IS 'Removes a portion of old dead letters and keeps their numbers; how many';

CREATE OR REPLACE FUNCTION pulse.begin_again(
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
  UPDATE pulse.forgotten_letters AS f SET cluster = archive
  WHERE (f.cluster, f.topic, f.partition) = (old_cluster, old_topic, old_partition)
    AND (old_stream IS NULL OR f.stream = old_stream);
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
