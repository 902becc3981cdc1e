-- name: HIGH_ERROR_RATE
-- summary: Too many downloads of a region fail within one window.
-- on: region_health
-- metric: error_rate
-- detector: threshold above WARNING 0.10, CRITICAL 0.15
-- min_samples: 5
-- inhibits: CDN_FAILURE
-- message: Error rate in {region} is {value:percent} over {samples} downloads (threshold {threshold:percent})
SELECT region,
       window_start,
       window_end,
       failed_downloads::double precision / total_downloads AS value,
       total_downloads                                      AS samples
FROM region_health;
