-- error: 6:19: - of timestamptz and timestamptz is not supported for events near "-"
-- hint: the difference would be an interval: write extract(epoch FROM a) - extract(epoch FROM b), in seconds
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
WHERE "timestamp" - "timestamp" = 1
GROUP BY tumble("timestamp", INTERVAL '1 minute');
