-- error: 6:7: greatest() needs COLLATE "C": what it makes of a text depends on the collation near "GREATEST(content.title,"
-- hint: write greatest(content.title COLLATE "C", …)
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
WHERE GREATEST(content.title, 'a') = 'a'
GROUP BY tumble("timestamp", INTERVAL '1 minute');
