-- Health of downloads per region and minute: how many succeed, how fast, how long they take.
-- Grain: region and minute of event time. Late events revise the row.
-- format avg_speed_mbps: number Mbps
-- thresholds success_rate: 0.95, 0.90
-- forecast: total_downloads
CREATE MATERIALIZED VIEW region_health WITH (retention = '7 days') AS
SELECT "user".region,
       -- Download attempts, whatever their end.
       count(*)                                                          AS total_downloads,
       -- Downloads that ended with status success.
       count(*) FILTER (WHERE download.status = 'success')               AS successful_downloads,
       -- Downloads that ended with status failed.
       count(*) FILTER (WHERE download.status = 'failed')                AS failed_downloads,
       -- Downloads that ended neither with success nor failed: status cancelled.
       count(*) - count(*) FILTER (WHERE download.status = 'success')
         - count(*) FILTER (WHERE download.status = 'failed')            AS cancelled_downloads,
       -- Share of attempts that succeeded, 0 to 1.
       (count(*) FILTER (WHERE download.status = 'success'))::double precision
         / count(*)                                                      AS success_rate,
       -- Mean speed of successful downloads in megabits per second.
       avg(download.speed_mbps) FILTER (WHERE download.status = 'success') AS avg_speed_mbps,
       -- Mean duration of an attempt in seconds.
       avg(download.duration_seconds)                                    AS avg_duration_seconds,
       -- Gigabytes of all attempts together.
       -- format: number GB
       sum(content.size_gb)                                              AS total_size_gb
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute'), "user".region;
