-- name: NO_DATA
-- summary: No downloads of a region, or of any, any more.
-- on: region_health
-- metric: total_downloads
-- detector: silence WARNING 3, CRITICAL 10
-- inhibits: TRAFFIC_DROP
-- cooldown: 10 minutes
-- message: No downloads in {region} for {threshold} minutes
SELECT region,
       window_start,
       window_end,
       total_downloads AS value
FROM region_health;
