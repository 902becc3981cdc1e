-- name: LARGE_DONATIONS
-- summary: A live stream is given more within a minute than is usual for any: somebody should say thanks, or look for fraud.
-- on: stream_minutes
-- metric: donations_usd
-- detector: threshold above INFO 500, WARNING 2000
-- message: {stream_id} was given {value} dollars in {samples} donations within a minute (threshold {threshold})
SELECT stream_id,
       window_start,
       window_end,
       donations_usd::double precision AS value,
       donations                       AS samples
FROM stream_minutes;
