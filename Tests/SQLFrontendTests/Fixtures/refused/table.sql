-- error: 3:1: an aggregate is not defined like this near "CREATE"
-- hint: write CREATE MATERIALIZED VIEW name AS SELECT … FROM stream GROUP BY tumble(event_time, INTERVAL '1 minute'), …;
CREATE TABLE x AS
SELECT count(*) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute');
