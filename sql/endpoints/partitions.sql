-- name: GET /api/stats/partitions
-- summary: How far each partition has been processed.
-- returns: rows
SELECT stream,
       topic,
       partition,
       -- The next record to be read.
       next_offset,
       -- Up to here event time is complete; null before the first event.
       watermark,
       -- It has had no event for so long that it does not hold the others back.
       is_idle,
       updated_at
FROM (SELECT progress.*, rank() OVER (PARTITION BY stream ORDER BY newest DESC) AS place
      FROM (SELECT *, max(updated_at) OVER (PARTITION BY stream, cluster, topic) AS newest
            FROM pulse.progress) AS progress) AS ranked
-- Of several logs of one topic the last that was read from.
WHERE place = 1
ORDER BY stream, partition;
