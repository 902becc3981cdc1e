-- Days of a zone.
CREATE MATERIALIZED VIEW a WITH (retention = '30 days', late = 'dead_letter', allowed_lateness = '1 hour') AS
SELECT tumble("timestamp", INTERVAL '1 day', 'Europe/Berlin') AS window_start, "user".region,
       -- Downloads.
       count(*) AS n
FROM content_downloads GROUP BY 1, region;
