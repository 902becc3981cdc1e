-- error: 5:22: option "schema" is missing near "s"
-- hint: options are topic, format, event_time, out_of_orderness, idle_timeout, max_ahead, max_watermark_ahead, dead_letter_topic, sample, sample_keep, schema, framing
-- error: 5:22: option "event_time" is missing near "s"
-- hint: options are topic, format, event_time, out_of_orderness, idle_timeout, max_ahead, max_watermark_ahead, dead_letter_topic, sample, sample_keep, schema, framing
CREATE FOREIGN TABLE s () SERVER kafka OPTIONS (topic 't', format 'avro');
