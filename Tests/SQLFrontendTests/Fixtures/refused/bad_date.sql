-- error: 6:19: not a valid date near "'tomorrow'"
-- hint: write '2024-02-29'
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
WHERE extra.day = 'tomorrow'
GROUP BY tumble("timestamp", INTERVAL '1 minute');
