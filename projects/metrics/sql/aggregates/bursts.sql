-- Bursts: stretches of time in which a host has had a hot processor, without a pause of two minutes.
-- Grain: host and burst.
CREATE MATERIALIZED VIEW bursts WITH (retention = '30 days') AS
SELECT tags ->> 'host' AS host,
       count(*)         AS measurements,
       max(value)       AS highest
FROM measurements
WHERE name = 'cpu_usage_percent' AND value > 60
GROUP BY session("timestamp", INTERVAL '2 minutes'), tags ->> 'host';
