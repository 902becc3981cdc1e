-- error: 3:74: option "idle_timeout": the interval is longer than 36525 days near "idle_timeout"
CREATE FOREIGN TABLE s () SERVER kafka OPTIONS (
  topic 't', format 'avro', schema 'event.avsc', event_time 'timestamp', idle_timeout '40000 days'
);
