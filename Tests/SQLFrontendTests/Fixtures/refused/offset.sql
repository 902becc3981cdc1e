-- error: 6:1: OFFSET is not supported near "OFFSET"
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute')
OFFSET 10;
