-- error: 6:7: a row constructor is not supported near "ROW(1,"
-- hint: write its parts one by one
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
WHERE ROW(1, 2) = ROW(1, 2)
GROUP BY tumble("timestamp", INTERVAL '1 minute');
