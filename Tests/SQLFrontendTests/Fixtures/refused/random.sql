-- error: 6:7: there is no function random near "random()"
-- hint: a definition must give the same rows whenever it runs, and random() does not
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
WHERE random() < 0.5
GROUP BY tumble("timestamp", INTERVAL '1 minute');
