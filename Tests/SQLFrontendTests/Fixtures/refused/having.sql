-- error: 7:1: HAVING is not supported: whether a group passes would change as events arrive near "HAVING"
-- hint: filter in the endpoint or the alert that reads the table
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute')
HAVING count(*) > 5;
