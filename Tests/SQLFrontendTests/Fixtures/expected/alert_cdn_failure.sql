WITH region_errors AS (
  SELECT * FROM region_errors
  WHERE window_start > $1::timestamptz - INTERVAL '60 seconds' AND window_start <= $2::timestamptz
    AND window_end > $1::timestamptz AND window_end <= $2::timestamptz
  UNION ALL
  SELECT * FROM region_errors
  WHERE window_start IN (
    SELECT window_start FROM region_errors
    WHERE window_start > $1::timestamptz - INTERVAL '60 seconds' * 9 AND window_start <= $2::timestamptz
      AND window_end <= $1::timestamptz AND updated_at > $3::timestamptz)
    AND window_end <= $1::timestamptz
)
SELECT window_start, window_end, value::double precision AS value, samples::bigint AS samples, jsonb_build_object('region', region, 'error_code', error_code) AS key, (extract(epoch FROM window_start) * 1000000)::bigint AS window_start_microseconds, (extract(epoch FROM window_end) * 1000000)::bigint AS window_end_microseconds, NULL::double precision AS expected, NULL::double precision AS numerator, NULL::double precision AS denominator, region::text AS region, error_code::text AS error_code
FROM (
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
WHERE e.error_code IS NOT NULL
) AS alert_rows
WHERE value IS NOT NULL
ORDER BY window_start, region::text COLLATE "C", error_code::text COLLATE "C";
