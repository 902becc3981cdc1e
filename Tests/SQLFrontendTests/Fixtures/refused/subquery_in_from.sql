-- error: 5:1: a definition reads one stream: joins, subqueries and functions in FROM are not supported near "FROM"
-- hint: write FROM with the name of one stream
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM (SELECT 1) AS s
GROUP BY tumble("timestamp", INTERVAL '1 minute');
