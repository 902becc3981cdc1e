-- error: 4:1: a common table expression (WITH) is not supported near "WITH"
-- hint: a definition reads one stream; WITH is for views and endpoints over its results
CREATE MATERIALIZED VIEW x AS
WITH a AS (SELECT 1)
SELECT count(*) AS n FROM content_downloads GROUP BY tumble("timestamp", INTERVAL '1 minute');
