-- Measurements of machines: one event for each value of a series, as JSON with free tags.
-- Grain: one measurement. Event time: "timestamp". Key: the series.
CREATE FOREIGN TABLE measurements (
  -- The series: host and name.
  metric_id   text             NOT NULL,
  -- What is measured, with its unit.
  name        text             NOT NULL,
  "timestamp" timestamptz      NOT NULL,
  value       double precision NOT NULL,
  tags        jsonb            NOT NULL
) SERVER kafka OPTIONS (
  topic 'metrics',
  format 'json',
  event_time 'timestamp',
  out_of_orderness '30 seconds',
  idle_timeout '10 seconds',
  dead_letter_topic 'metrics-dlq'
);
