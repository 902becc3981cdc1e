-- name: TRAFFIC_SPIKE
-- summary: Far more downloads of a region than usual at this time.
-- on: region_health
-- metric: total_downloads
-- detector: mad above WARNING 6, CRITICAL 12 over 60 windows
-- missing: 0
-- for: 3 windows
-- keep_firing: 2 windows
-- cooldown: 10 minutes
-- message: {value} downloads a minute in {region}, where {expected} are usual
SELECT region,
       window_start,
       window_end,
       -- A handful is no spike, where otherwise nothing comes.
       CASE WHEN total_downloads < 5 THEN 0 ELSE total_downloads END AS value
FROM region_health;
