-- error: 3:34: allowed_lateness without late = 'drop' or 'dead_letter': late events are all taken near "allowed_lateness"
-- hint: leave it out, or write late = 'drop' beside it
CREATE MATERIALIZED VIEW x WITH (allowed_lateness = '1 minute') AS
SELECT count(*) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute');
