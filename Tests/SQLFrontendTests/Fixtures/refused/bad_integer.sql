-- error: 5:19: not a valid bigint near "'many'"
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
WHERE extra.big = 'many'
GROUP BY tumble("timestamp", INTERVAL '1 minute');
