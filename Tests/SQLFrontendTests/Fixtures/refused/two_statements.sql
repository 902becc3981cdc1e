-- error: 7:1: the file contains more than one statement near "SELECT"
-- hint: a definition file holds one statement; give the others files of their own
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute');
SELECT 1;
