-- error: 3:60: option "format" does not take 'protobuf' near "format"
-- hint: it is one of 'avro', 'json', 'csv'
CREATE FOREIGN TABLE s () SERVER kafka OPTIONS (topic 't', format 'protobuf', schema 'a.avsc', event_time 'ts');
