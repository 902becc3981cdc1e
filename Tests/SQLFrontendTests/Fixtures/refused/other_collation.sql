-- error: 4:26: collation "de_DE" is not supported: text compares by bytes near "COLLATE"
-- hint: write COLLATE "C"
CREATE MATERIALIZED VIEW x AS
SELECT max(content.title COLLATE "de_DE") AS title
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute');
