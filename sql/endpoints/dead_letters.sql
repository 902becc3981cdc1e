-- name: GET /api/stats/dead_letters
-- summary: Records that could not be processed, by stream and code. What is in them is not told here.
-- returns: rows
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
ORDER BY open_letters DESC, stream, code;
