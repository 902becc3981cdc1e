-- error: 5:6: an alias is not supported here near "content_downloads"
-- hint: write the stream's own name
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads AS d
GROUP BY tumble("timestamp", INTERVAL '1 minute');
