-- error: 6:21: the current time or user is not a function of the event near "CURRENT_TIMESTAMP"
-- hint: a definition must give the same rows whenever it runs; use the event-time column
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
WHERE "timestamp" > CURRENT_TIMESTAMP
GROUP BY tumble("timestamp", INTERVAL '1 minute');
