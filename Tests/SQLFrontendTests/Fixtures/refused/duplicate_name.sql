-- error: 4:23: two columns are called n near "sum(extra.big)"
-- hint: name one of them with AS
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n, sum(extra.big) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute');
