-- error: 3:22: columns are not declared for format 'avro' near "s"
-- hint: the schema supplies them: write name ()
CREATE FOREIGN TABLE s (a int) SERVER kafka OPTIONS (
  topic 't', format 'avro', schema 'event.avsc', event_time 'timestamp'
);
