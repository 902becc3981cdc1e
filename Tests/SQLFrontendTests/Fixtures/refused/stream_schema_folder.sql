-- error: 4:29: a schema is the name of a file in schemas/ near "schema"
-- hint: write it without a folder
CREATE FOREIGN TABLE s () SERVER kafka OPTIONS (
  topic 't', format 'avro', schema '../event.avsc', event_time 'timestamp'
);
