-- error: 4:8: max of text needs COLLATE "C": text is ordered by bytes here near "max(content.title)"
-- hint: write max(content.title COLLATE "C")
CREATE MATERIALIZED VIEW x AS
SELECT max(content.title) AS title
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute');
