-- error: 3:36: IF NOT EXISTS has no meaning here near "s"
-- hint: leave it out
CREATE FOREIGN TABLE IF NOT EXISTS s () SERVER kafka OPTIONS (
  topic 't', format 'avro', schema 'event.avsc', event_time 'timestamp'
);
