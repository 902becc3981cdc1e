-- error: 4:8: the column needs a name near "count(*)"
-- hint: add AS and a name
CREATE MATERIALIZED VIEW x AS
SELECT count(*) + 1
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute');
