-- error: 4:74: option "framing" does not take 'confluence' near "framing"
-- hint: did you mean 'confluent'? it is one of 'auto', 'bare', 'single-object', 'confluent'
CREATE FOREIGN TABLE s () SERVER kafka OPTIONS (
  topic 't', format 'avro', schema 'event.avsc', event_time 'timestamp', framing 'confluence'
);
