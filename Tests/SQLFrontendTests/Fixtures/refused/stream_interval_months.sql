-- error: 4:74: option "idle_timeout": months and years have no fixed length near "idle_timeout"
-- hint: write the length in days or weeks, e.g. '30 days'
CREATE FOREIGN TABLE s () SERVER kafka OPTIONS (
  topic 't', format 'avro', schema 'event.avsc', event_time 'timestamp', idle_timeout '1 month'
);
