-- error: 7:1: OFFSET is not supported: every group is kept near "OFFSET"
-- hint: offset in the endpoint
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute')
OFFSET 10;
