-- error: 7:22: option "format" is missing near "s"
-- hint: options are topic, format, schema, event_time, out_of_orderness, idle_timeout, max_ahead, max_watermark_ahead, dead_letter_topic, framing
-- error: 7:22: option "schema" is missing near "s"
-- hint: options are topic, format, schema, event_time, out_of_orderness, idle_timeout, max_ahead, max_watermark_ahead, dead_letter_topic, framing
-- error: 7:22: option "event_time" is missing near "s"
-- hint: options are topic, format, schema, event_time, out_of_orderness, idle_timeout, max_ahead, max_watermark_ahead, dead_letter_topic, framing
CREATE FOREIGN TABLE s () SERVER kafka OPTIONS (topic 't');
