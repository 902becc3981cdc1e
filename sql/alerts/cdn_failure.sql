-- name: CDN_FAILURE
-- summary: One error code makes most of a region's failures, and many more than usual.
-- on: region_errors
-- metric: failure_share
-- detector: threshold above WARNING 0.05, CRITICAL 0.15
-- min_samples: 10
-- for: 2 windows
-- cooldown: 10 minutes
-- message: {error_code} fails {value:percent} of the downloads in {region} ({samples} of them)
SELECT e.region,
       e.error_code,
       e.window_start,
       e.window_end,
       -- Of several codes that fail alike none is the cause: a window that late events make so is a good one.
       CASE
         WHEN 2 * e.failed_downloads > r.failed_downloads THEN e.failed_downloads::double precision / r.total_downloads
         ELSE 0
       END                AS value,
       e.failed_downloads AS samples
FROM region_errors AS e
JOIN region_health AS r USING (region, window_start)
WHERE e.error_code IS NOT NULL;
