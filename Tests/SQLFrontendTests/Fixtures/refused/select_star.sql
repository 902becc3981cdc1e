-- error: 4:8: SELECT * is not supported near "*"
-- hint: name the keys and the aggregates that the table keeps
CREATE MATERIALIZED VIEW x AS
SELECT *
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute');
