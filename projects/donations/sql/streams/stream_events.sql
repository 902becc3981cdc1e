-- What viewers of live streams do: watch, write, donate. JSON; one event each.
-- Grain: one action of one viewer. Event time: "timestamp". Key: the live stream.
CREATE FOREIGN TABLE stream_events (
  event_id    uuid             NOT NULL,
  -- The live stream.
  stream_id   text             NOT NULL,
  -- view, chat or donation.
  type        text             NOT NULL,
  "timestamp" timestamptz      NOT NULL,
  user_id     text             NOT NULL,
  -- How many watched then.
  viewers     integer          NOT NULL,
  message     text,
  -- Of a donation, in US dollars.
  amount_usd  numeric(12,2)
) SERVER kafka OPTIONS (
  topic 'donations',
  format 'json',
  event_time 'timestamp',
  out_of_orderness '10 seconds',
  idle_timeout '10 seconds',
  dead_letter_topic 'donations-dlq'
);
