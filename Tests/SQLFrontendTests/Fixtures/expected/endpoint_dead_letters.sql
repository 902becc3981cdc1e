WITH endpoint_rows AS MATERIALIZED (
SELECT stream,
       code,
       -- Only of the aggregate that an event came too late for; null where the record gave no event.
       aggregate,
       count(*)                                         AS letters,
       count(*) FILTER (WHERE replayed_at IS NULL)      AS open_letters,
       -- One of them, as topic, partition and offset.
       (array_agg(topic || ' ' || partition || '@' || record_offset ORDER BY record_offset DESC))[1] AS example
FROM dead_letters
GROUP BY stream, code, aggregate
ORDER BY open_letters DESC, stream, code
)
SELECT json_build_object(
  'data', COALESCE((SELECT json_agg("streampulse row") FROM endpoint_rows AS "streampulse row"), '[]'::json),
  'count', (SELECT count(*) FROM endpoint_rows)
)::text;
