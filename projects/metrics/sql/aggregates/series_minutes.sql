-- Every series by the minute.
-- Grain: series and minute of event time. Late measurements revise the row.
-- chart measurements: none
CREATE MATERIALIZED VIEW series_minutes WITH (retention = '30 days', partition = '1 day') AS
SELECT metric_id, name, tags ->> 'host' AS host,
       count(*)            AS measurements,
       -- Mean of the minute.
       avg(value)          AS mean,
       min(value)          AS lowest,
       max(value)          AS highest,
       -- How far values stray within the minute.
       stddev_samp(value)  AS spread
FROM measurements
GROUP BY tumble("timestamp", INTERVAL '1 minute'), metric_id, name, tags ->> 'host';
