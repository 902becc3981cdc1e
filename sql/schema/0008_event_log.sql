-- A look at the events themselves: a bounded sample of each stream that has the option sample.

CREATE TABLE event_log (
  id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  stream           text        NOT NULL,
  cluster          text        NOT NULL,
  topic            text        NOT NULL,
  partition        integer     NOT NULL,
  record_offset    bigint      NOT NULL,
  record_timestamp timestamptz,
  event_time       timestamptz NOT NULL,
  watermark        timestamptz,
  lateness         interval    GENERATED ALWAYS AS (sampled_at - event_time) STORED,
  event            jsonb       NOT NULL,
  sampled_at       timestamptz NOT NULL
);
-- For taking the oldest out, and for looking whether a partition's last event is old enough.
CREATE INDEX event_log_newest ON event_log (stream, sampled_at DESC);
COMMENT ON TABLE event_log IS
  'A sample of the events that were counted: of each partition at most one in the stream''s sample; the oldest go first';
COMMENT ON COLUMN event_log.record_timestamp IS 'The record''s own timestamp in Kafka';
COMMENT ON COLUMN event_log.event_time IS 'When it happened, by the stream''s event_time';
COMMENT ON COLUMN event_log.watermark IS 'How far the stream had come when it was read; NULL: not known yet';
COMMENT ON COLUMN event_log.lateness IS 'How long after it had happened it was read; negative: by its own clock, before';
COMMENT ON COLUMN event_log.event IS
  'The columns that definitions use, a member for each; texts of more than 16 KiB are cut, with … at the end';
COMMENT ON COLUMN event_log.sampled_at IS 'When it was read, by the processor''s clock';
