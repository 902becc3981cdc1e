-- error: 6:10: session windows are not supported yet near "session("timestamp","
-- hint: write tumble(…), or hop(…) for windows that overlap
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
GROUP BY session("timestamp", INTERVAL '1 minute');
