-- error: 6:10: hop takes the event time, how often a window begins, and the size of the window near "hop("timestamp","
-- hint: write hop("timestamp", INTERVAL '1 minute', INTERVAL '5 minutes')
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
GROUP BY hop("timestamp", INTERVAL '5 minutes');
