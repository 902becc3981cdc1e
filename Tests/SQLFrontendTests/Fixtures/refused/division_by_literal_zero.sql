-- error: 5:17: division by zero near "/"
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
WHERE extra.big / 0 = 1
GROUP BY tumble("timestamp", INTERVAL '1 minute');
