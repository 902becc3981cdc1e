-- error: 3:26: a list of column names is not supported near "x"
-- hint: name the columns with AS
CREATE MATERIALIZED VIEW x (n) AS
SELECT count(*) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute');
