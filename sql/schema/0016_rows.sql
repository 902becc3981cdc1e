-- How many rows the events of an aggregate with UNNEST have become: the ledger goes on to count events.

ALTER TABLE pulse.ledger_counts ADD COLUMN rows bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN pulse.ledger_counts.rows IS
  'Rows that the aggregated events have become by UNNEST and that have passed WHERE; 0 without UNNEST';

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
