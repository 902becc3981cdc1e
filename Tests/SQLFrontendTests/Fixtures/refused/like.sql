-- error: 6:21: ILIKE needs COLLATE "C": what it makes of a text depends on the collation near "ILIKE"
-- hint: write content.title COLLATE "C" ILIKE …
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
WHERE content.title ILIKE 'A%'
GROUP BY tumble("timestamp", INTERVAL '1 minute');
