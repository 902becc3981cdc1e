-- error: 6:10: hop windows are not supported yet near "hop("timestamp","
-- hint: write tumble(…)
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
GROUP BY hop("timestamp", INTERVAL '1 minute', INTERVAL '5 minutes');
