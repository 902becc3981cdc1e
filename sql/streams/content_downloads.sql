-- Content downloads: one event per attempt to download a film, a series, music, an app or a book.
-- Grain: one download attempt. Event time: "timestamp", when the attempt ended. Key: the user's region.
CREATE FOREIGN TABLE content_downloads () SERVER kafka OPTIONS (
  topic 'content-downloads',
  format 'avro',
  schema 'event.avsc',
  event_time 'timestamp',
  out_of_orderness '5 seconds',
  idle_timeout '10 seconds',
  max_ahead '1 day',
  dead_letter_topic 'content-downloads-dlq'
);
