-- Downloads per device, operating system and minute.
-- Grain: device_type, os_version and minute of event time. Late events revise the row.
-- format avg_speed_mbps: number Mbps
-- format total_size_gb: number GB
CREATE MATERIALIZED VIEW device_stats WITH (retention = '7 days') AS
SELECT "user".device_type,
       "user".os_version,
       -- Download attempts, whatever their end.
       count(*)                                                          AS total_downloads,
       -- Downloads that ended with status success.
       count(*) FILTER (WHERE download.status = 'success')               AS successful_downloads,
       -- Downloads that ended with status failed.
       count(*) FILTER (WHERE download.status = 'failed')                AS failed_downloads,
       -- Downloads that ended neither with success nor failed: status cancelled.
       count(*) - count(*) FILTER (WHERE download.status = 'success')
         - count(*) FILTER (WHERE download.status = 'failed')            AS cancelled_downloads,
       -- Mean speed of successful downloads in megabits per second.
       avg(download.speed_mbps) FILTER (WHERE download.status = 'success') AS avg_speed_mbps,
       -- Gigabytes of all attempts together.
       sum(content.size_gb)                                              AS total_size_gb
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute'), "user".device_type, "user".os_version;
