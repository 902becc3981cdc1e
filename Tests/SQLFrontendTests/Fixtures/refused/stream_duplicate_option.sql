-- error: 3:74: option "topic" is given twice near "topic"
CREATE FOREIGN TABLE s () SERVER kafka OPTIONS (
  topic 't', format 'avro', schema 'event.avsc', event_time 'timestamp', topic 'u'
);
