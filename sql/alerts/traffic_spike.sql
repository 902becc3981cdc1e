-- name: TRAFFIC_SPIKE
-- summary: Far more downloads of a region than usual at this time.
-- on: region_health
-- metric: total_downloads
-- detector: adaptive above
-- missing: 0
-- for: 2 windows
-- keep_firing: 2 windows
-- cooldown: 10 minutes
-- message: {value} downloads a minute in {region}, where {expected} are usual
SELECT region,
       window_start,
       window_end,
       total_downloads AS value
FROM region_health;
