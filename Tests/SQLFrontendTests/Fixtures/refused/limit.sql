-- error: 7:1: LIMIT is not supported: every group is kept near "LIMIT"
-- hint: limit in the endpoint
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute')
LIMIT 10;
