-- Failed downloads per region, error code and minute: what goes wrong where.
-- Grain: region, error_code and minute of event time. Late events revise the row.
CREATE MATERIALIZED VIEW region_errors WITH (retention = '7 days') AS
SELECT "user".region,
       -- Why downloads failed; NULL: their events do not say.
       download.error_code,
       -- Downloads that ended with status failed.
       count(*)                                                          AS failed_downloads
FROM content_downloads
WHERE download.status = 'failed'
GROUP BY tumble("timestamp", INTERVAL '1 minute'), "user".region, download.error_code;
