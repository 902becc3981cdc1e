-- error: 4:8: the column name xmin is taken: it is a system column of Postgres near "count(*)"
-- hint: give it another name with AS
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS xmin
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute');
