-- error: 4:74: there is no option "out_of_order" near "out_of_order"
-- hint: did you mean out_of_orderness? options are topic, format, event_time, out_of_orderness, idle_timeout, max_ahead, max_watermark_ahead, dead_letter_topic, sample, sample_keep, schema, framing
CREATE FOREIGN TABLE s () SERVER kafka OPTIONS (
  topic 't', format 'avro', schema 'event.avsc', event_time 'timestamp', out_of_order '5 seconds'
);
