-- error: 3:22: there is no server "rabbit" near "s"
-- hint: the server of a stream is kafka
CREATE FOREIGN TABLE s () SERVER rabbit OPTIONS (
  topic 't', format 'avro', schema 'event.avsc', event_time 'timestamp'
);
