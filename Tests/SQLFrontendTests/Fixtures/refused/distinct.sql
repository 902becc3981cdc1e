-- error: 4:8: SELECT DISTINCT is not supported near "DISTINCT"
-- hint: GROUP BY says what a row is
CREATE MATERIALIZED VIEW x AS
SELECT DISTINCT count(*) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute');
