-- error: 6:27: windows that begin less often than they are long leave events out near "INTERVAL"
-- hint: the first interval says how often a window begins, the second how long it is: write hop("timestamp", INTERVAL '1 minute', INTERVAL '5 minutes')
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
GROUP BY hop("timestamp", INTERVAL '5 minutes', INTERVAL '1 minute');
