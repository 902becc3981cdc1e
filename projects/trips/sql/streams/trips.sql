-- Taxi trips that have ended: one event each, as JSON. Fares are in dollars, durations in seconds, distances in kilometres.
-- Grain: one trip. Event time: event_time, when the trip ended. Key: the region where it began.
CREATE FOREIGN TABLE trips (
  trip_id    text             NOT NULL,
  -- Number of the region where the trip began.
  region_id  integer          NOT NULL,
  event_time timestamptz      NOT NULL,
  fare       numeric(12,2)    NOT NULL,
  duration   integer          NOT NULL,
  distance   double precision NOT NULL
) SERVER kafka OPTIONS (
  topic 'events',
  format 'json',
  event_time 'event_time',
  out_of_orderness '5 minutes',
  idle_timeout '10 seconds',
  dead_letter_topic 'events_dlq'
);
