-- name: TRAFFIC_DROP
-- summary: Far fewer downloads of a region than usual at this time.
-- on: region_health
-- metric: total_downloads
-- detector: mad below WARNING 4, CRITICAL 8 over 60 windows
-- missing: 0
-- for: 3 windows
-- keep_firing: 2 windows
-- cooldown: 10 minutes
-- message: {value} downloads a minute in {region}, where {expected} are usual
SELECT region,
       window_start,
       window_end,
       total_downloads AS value
FROM region_health;
