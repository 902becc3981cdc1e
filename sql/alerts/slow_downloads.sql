-- name: SLOW_DOWNLOADS
-- summary: Downloads of a region are far slower than they usually are there.
-- on: region_health
-- metric: avg_speed_mbps
-- detector: mad below WARNING 5, CRITICAL 10 over 60 windows
-- min_samples: 20
-- for: 2 windows
-- keep_firing: 2 windows
-- cooldown: 10 minutes
-- message: Downloads in {region} run at {value} Mbit/s, where {expected} Mbit/s are usual ({samples} downloads)
SELECT region,
       window_start,
       window_end,
       avg_speed_mbps       AS value,
       successful_downloads AS samples
FROM region_health;
