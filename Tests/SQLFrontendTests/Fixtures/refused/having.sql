-- error: 7:8: HAVING wants a condition (boolean), not bigint near "count(*)"
-- hint: compare it with something: count(*) > …
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute')
HAVING count(*);
