-- error: 3:1: a common table expression (WITH) is not supported near "WITH"
CREATE MATERIALIZED VIEW x AS
WITH a AS (SELECT 1)
SELECT count(*) AS n FROM content_downloads GROUP BY tumble("timestamp", INTERVAL '1 minute');
