-- name: GET /metrics/bursts
-- summary: The latest bursts: when which host was hot, and for how long.
-- param: limit integer = 20 in 1..1000   -- Number of bursts
-- returns: rows
SELECT host, window_start, window_end,
       -- Seconds, the pause after the last hot measurement included.
       extract(epoch FROM window_end - window_start)::double precision AS seconds,
       measurements, highest
FROM bursts
ORDER BY window_start DESC, host
LIMIT :limit;
