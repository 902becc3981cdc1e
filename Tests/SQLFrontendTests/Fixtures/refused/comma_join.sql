-- error: 5:1: a definition reads one stream: subqueries, functions and other relations in FROM are not supported near "FROM"
-- hint: write FROM with the name of one stream; tables of sql/references stand behind JOIN
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads, users
GROUP BY tumble("timestamp", INTERVAL '1 minute');
