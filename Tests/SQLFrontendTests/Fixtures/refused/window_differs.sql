-- error: 4:8: the window is not the one of GROUP BY near "tumble("timestamp","
-- hint: write the same in both
CREATE MATERIALIZED VIEW x AS
SELECT tumble("timestamp", INTERVAL '5 minutes') AS slot, count(*) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute');
