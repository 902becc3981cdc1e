-- error: 3:60: option "format" does not take 'csv' near "format"
-- hint: it is one of 'avro'
CREATE FOREIGN TABLE s () SERVER kafka OPTIONS (topic 't', format 'csv', schema 'a.avsc', event_time 'ts');
