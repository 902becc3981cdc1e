-- Requests to a web server, from its access log: one event a line, as JSON.
-- Grain: one request. Event time: event_time, when it was logged. Key: the client's address.
CREATE FOREIGN TABLE requests (
  event_time timestamptz NOT NULL,
  client     text        NOT NULL,
  -- The request's method.
  method     text        NOT NULL,
  path       text        NOT NULL,
  -- The answer's status.
  status     integer     NOT NULL,
  bytes      bigint      NOT NULL,
  referrer   text,
  user_agent text
) SERVER kafka OPTIONS (
  topic 'requests',
  format 'json',
  event_time 'event_time',
  out_of_orderness '10 seconds',
  idle_timeout '10 seconds',
  dead_letter_topic 'requests-dlq'
);
