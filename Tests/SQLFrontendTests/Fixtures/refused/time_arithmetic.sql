-- error: 6:19: - does not take timestamp with time zone near "-"
-- hint: arithmetic with dates and times is not supported yet
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
WHERE "timestamp" - "timestamp" = 1
GROUP BY tumble("timestamp", INTERVAL '1 minute');
