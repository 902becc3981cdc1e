-- Downloads per piece of content and minute.
-- Grain: content_id and minute of event time. Late events revise the row.
-- format total_size_gb: number GB
CREATE MATERIALIZED VIEW content_stats WITH (retention = '7 days') AS
SELECT content.content_id,
       -- Title of the content; of several spellings within the minute the greatest by bytes.
       max(content.title COLLATE "C")                                    AS title,
       -- Download attempts, whatever their end.
       count(*)                                                          AS download_count,
       -- Downloads that ended with status success.
       count(*) FILTER (WHERE download.status = 'success')               AS successful_downloads,
       -- Downloads that ended with status failed.
       count(*) FILTER (WHERE download.status = 'failed')                AS failed_downloads,
       -- Downloads that ended neither with success nor failed: status cancelled.
       count(*) - count(*) FILTER (WHERE download.status = 'success')
         - count(*) FILTER (WHERE download.status = 'failed')            AS cancelled_downloads,
       -- Gigabytes of all attempts together.
       sum(content.size_gb)                                              AS total_size_gb,
       -- Mean duration of an attempt in seconds.
       avg(download.duration_seconds)                                    AS avg_duration_seconds
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute'), content.content_id;
