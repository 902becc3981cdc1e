-- error: 3:74: dead letters cannot go to the topic that is read near "dead_letter_topic"
CREATE FOREIGN TABLE s () SERVER kafka OPTIONS (
  topic 't', format 'avro', schema 'event.avsc', event_time 'timestamp', dead_letter_topic 't'
);
