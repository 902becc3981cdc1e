-- error: 6:21: not a valid timestamp with time zone near "'2024-02-30 00:00:00+00'"
-- hint: write '2024-02-29 13:45:00+00'
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
WHERE "timestamp" > '2024-02-30 00:00:00+00'
GROUP BY tumble("timestamp", INTERVAL '1 minute');
