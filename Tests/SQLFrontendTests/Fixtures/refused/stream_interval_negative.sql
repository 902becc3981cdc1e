-- error: 4:74: option "idle_timeout": the interval is negative near "idle_timeout"
-- hint: write it like '5 seconds', '1 minute 30 seconds', '00:05:00' or '7 days'
CREATE FOREIGN TABLE s () SERVER kafka OPTIONS (
  topic 't', format 'avro', schema 'event.avsc', event_time 'timestamp', idle_timeout '-5 seconds'
);
