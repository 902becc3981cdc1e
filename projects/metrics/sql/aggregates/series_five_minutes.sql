-- Every series over the last five minutes, anew each minute.
-- Grain: series and window of five minutes that begins with each minute.
-- chart measurements: none
CREATE MATERIALIZED VIEW series_five_minutes WITH (retention = '1 day') AS
SELECT metric_id,
       count(*)            AS measurements,
       avg(value)          AS mean,
       max(value)          AS highest
FROM measurements
GROUP BY hop("timestamp", INTERVAL '1 minute', INTERVAL '5 minutes'), metric_id;
