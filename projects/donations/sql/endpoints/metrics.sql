-- name: GET /metrics
-- summary: Live streams by the minute, the newest first.
-- param: minutes integer = 10 in 1..1440   -- Look-back: minutes that have ended, and the running one
-- param: limit   integer = 5 in 1..1000    -- Number of rows
-- param: stream  text?                     -- Only this live stream
-- returns: rows
-- meta: window_minutes = :minutes
SELECT stream_id, window_start, viewers, peak_viewers, chat_messages, donations, donations_usd, active_users
FROM stream_minutes
WHERE window_start >= date_trunc('minute', now()) - :minutes * INTERVAL '1 minute'
  AND (:stream IS NULL OR stream_id = :stream)
ORDER BY window_start DESC, donations_usd DESC, stream_id
LIMIT :limit;
