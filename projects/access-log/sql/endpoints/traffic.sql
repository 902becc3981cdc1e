-- name: GET /traffic
-- summary: The site minute by minute.
-- param: minutes integer = 60 in 1..10080   -- Look-back: minutes that have ended, and the running one
-- returns: rows
SELECT window_start, requests, server_errors, client_errors, bot_requests, bytes, error_rate
FROM site_minutes
WHERE window_start >= date_trunc('minute', now()) - :minutes * INTERVAL '1 minute'
ORDER BY window_start;
