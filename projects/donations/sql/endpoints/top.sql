-- name: GET /streams/top
-- summary: Live streams that lead over the last minutes.
-- param: minutes integer = 10 in 1..1440                                     -- Look-back: minutes that have ended, and the running one
-- param: by      text = donations_usd in donations_usd|viewers|messages      -- By what they are ordered
-- param: n       integer = 5 in 1..100                                       -- Number of live streams
-- returns: rows
-- meta: by = :by
SELECT stream_id, donations_usd, donations, viewers, messages
FROM (SELECT stream_id,
             sum(donations_usd)                                     AS donations_usd,
             sum(donations)::bigint                                 AS donations,
             -- Most viewers at any moment.
             max(peak_viewers)                                      AS viewers,
             sum(chat_messages)::bigint                             AS messages
      FROM stream_minutes
      WHERE window_start >= date_trunc('minute', now()) - :minutes * INTERVAL '1 minute'
      GROUP BY stream_id) AS totals
ORDER BY CASE :by WHEN 'donations_usd' THEN donations_usd WHEN 'viewers' THEN viewers ELSE messages END DESC, stream_id
LIMIT :n;
