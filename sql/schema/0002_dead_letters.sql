-- Dead letters of single aggregates (late events), what they are forwarded with, and the ledger of their replay.

ALTER TABLE dead_letters
  ADD COLUMN aggregate    text,
  ADD COLUMN window_start timestamptz,
  ADD COLUMN schema_id    bigint,
  ADD COLUMN message_id   uuid NOT NULL DEFAULT gen_random_uuid(),
  ADD COLUMN forwarded_at timestamptz,
  ADD COLUMN tried_at     timestamptz,
  ADD COLUMN replayed_at  timestamptz,
  DROP CONSTRAINT dead_letters_cluster_topic_partition_record_offset_key,
  ADD CONSTRAINT dead_letters_once UNIQUE NULLS NOT DISTINCT (cluster, topic, partition, record_offset, aggregate),
  ADD CONSTRAINT dead_letters_message_id UNIQUE (message_id);
COMMENT ON TABLE dead_letters IS
  'Records that could not be processed, and events that came too late for an aggregate, with their bytes and why';
COMMENT ON COLUMN dead_letters.aggregate IS 'The one aggregate that did not take the event; NULL: none has taken it';
COMMENT ON COLUMN dead_letters.window_start IS 'The window that the event was too late for';
COMMENT ON COLUMN dead_letters.schema_id IS 'The schema''s id in Confluent framing, where there is one';
COMMENT ON COLUMN dead_letters.message_id IS 'What identifies the letter in its dead_letter_topic: the same at each try';
COMMENT ON COLUMN dead_letters.forwarded_at IS 'When the dead_letter_topic''s brokers had acknowledged it';
COMMENT ON COLUMN dead_letters.tried_at IS 'When a replay failed last: code and reason are those of that time';
COMMENT ON COLUMN dead_letters.replayed_at IS 'When it was replayed; pulse.replayed_letters says what became of it';

ALTER TABLE pulse.ledger_counts ADD COLUMN dead bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN pulse.ledger_counts.dead IS 'Events that are in dead_letters for this aggregate alone';
COMMENT ON COLUMN pulse.ledger.dead IS 'Records that are in dead_letters for all aggregates';

CREATE TABLE pulse.replayed_letters (
  letter      bigint NOT NULL,
  aggregate   text   NOT NULL,
  outcome     text   NOT NULL CHECK (outcome IN ('aggregated', 'filtered', 'late', 'removed')),
  replayed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (letter, aggregate)
);
COMMENT ON TABLE pulse.replayed_letters IS
  'The ledger of replays: what became of a dead letter in each aggregate that had not taken it';
COMMENT ON COLUMN pulse.replayed_letters.letter IS 'dead_letters.id';
COMMENT ON COLUMN pulse.replayed_letters.outcome IS
  'aggregated; filtered: refused by WHERE; late: retention has removed its window; removed: the aggregate is gone';

CREATE TABLE pulse.outbox (
  letter     bigint PRIMARY KEY REFERENCES dead_letters (id) ON DELETE CASCADE,
  topic      text   NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  problem    text
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
COMMENT ON TABLE pulse.outbox IS 'Dead letters that are still to be forwarded to a dead_letter_topic';
COMMENT ON COLUMN pulse.outbox.problem IS 'Why it can never be forwarded as it is; NULL: it is tried until it works';
