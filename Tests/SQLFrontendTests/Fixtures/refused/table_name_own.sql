-- error: 3:26: the name alerts is taken: a table or index of StreamPulse's own is called so near "alerts"

CREATE MATERIALIZED VIEW alerts AS
SELECT count(*) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute');
