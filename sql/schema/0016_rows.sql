-- How many rows the events of an aggregate with UNNEST have become: the ledger goes on to count events.

ALTER TABLE pulse.ledger_counts ADD COLUMN rows bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN pulse.ledger_counts.rows IS
  'Rows that the aggregated events have become by UNNEST and that have passed WHERE; 0 without UNNEST';

-- Not of the rows: they came later than the first seals, and are entered behind their segment.
CREATE OR REPLACE FUNCTION pulse.seal(segment pulse.ledger) RETURNS text
LANGUAGE sql STABLE
SET timezone = 'UTC'
AS $$
  SELECT md5((to_jsonb(segment) - 'cluster' - 'stream' - 'seal')::text || coalesce(
    (SELECT string_agg((to_jsonb(c) - 'cluster' - 'stream' - 'rows')::text, ',' ORDER BY c.aggregate COLLATE "C")
     FROM pulse.ledger_counts AS c
     WHERE (c.stream, c.cluster, c.topic, c.partition, c.first_offset)
       = (segment.stream, segment.cluster, segment.topic, segment.partition, segment.first_offset)), ''))
$$;

-- Called behind pulse.enter_ledger, in the same transaction, and only when there are any.
CREATE FUNCTION pulse.enter_rows(
  owned_stream text, owned_cluster text, owned_topic text, count_partitions integer[], count_aggregates text[],
  count_segments bigint[], row_counts bigint[]
) RETURNS void
LANGUAGE sql
AS $$
  UPDATE pulse.ledger_counts AS l
  SET rows = l.rows + d.rows
  FROM unnest(count_partitions, count_aggregates, count_segments, row_counts) AS d (partition, aggregate, segment, rows)
  WHERE l.stream = owned_stream AND l.cluster = owned_cluster AND l.topic = owned_topic
    AND l.partition = d.partition AND l.first_offset = d.segment AND l.aggregate = d.aggregate AND d.rows > 0;
$$;
COMMENT ON FUNCTION pulse.enter_rows IS 'Adds rows of UNNEST to segments of the ledger';
