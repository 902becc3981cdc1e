-- error: 6:10: tumble takes the event time and the size of the window near "tumble("timestamp","
-- hint: a time zone is not supported yet; write tumble("timestamp", INTERVAL '1 minute')
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 day', 'Europe/Berlin');
