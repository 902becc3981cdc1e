CREATE FOREIGN TABLE s (ts timestamptz OPTIONS (path 'meta.ts', unit 'nanoseconds')) SERVER kafka OPTIONS (
  topic 't', format 'avro', schema 'registry:t-value', framing 'confluent', event_time 'ts');
