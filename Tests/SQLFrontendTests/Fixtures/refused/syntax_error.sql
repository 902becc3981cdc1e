-- error: 3:19: syntax error near "n"
CREATE MATERIALIZED VIEW x AS
SELECT count(*) n n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute');
