-- error: 3:1: an aggregate is not defined like this near "CREATE"
-- hint: write CREATE MATERIALIZED VIEW name AS SELECT … FROM stream GROUP BY tumble(event_time, INTERVAL '1 minute'), …; A plain view over aggregates lies in sql/views
CREATE VIEW x AS
SELECT count(*) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute');
