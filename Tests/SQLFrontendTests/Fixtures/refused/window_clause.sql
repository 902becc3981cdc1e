-- error: 7:1: WINDOW is not supported near "WINDOW"
-- hint: windows of time are written tumble(…)
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute')
WINDOW w AS ();
