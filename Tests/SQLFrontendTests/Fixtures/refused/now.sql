-- error: 6:21: there is no function now near "now()"
-- hint: a definition must give the same rows whenever it runs, and now() does not
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
WHERE "timestamp" > now()
GROUP BY tumble("timestamp", INTERVAL '1 minute');
