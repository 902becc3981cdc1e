WITH region_health AS (
  SELECT * FROM region_health
  WHERE window_start > $1::timestamptz - INTERVAL '60 seconds' AND window_start <= $2::timestamptz
    AND window_end > $1::timestamptz AND window_end <= $2::timestamptz
  UNION ALL
  SELECT * FROM region_health
  WHERE window_start IN (
    SELECT window_start FROM region_health
    WHERE window_start > $1::timestamptz - INTERVAL '60 seconds' * 9 AND window_start <= $2::timestamptz
      AND window_end <= $1::timestamptz AND updated_at > $3::timestamptz)
    AND window_end <= $1::timestamptz
)
SELECT window_start, window_end, value::double precision AS value, NULL::bigint AS samples, jsonb_build_object('region', region) AS key, (extract(epoch FROM window_start) * 1000000)::bigint AS window_start_microseconds, (extract(epoch FROM window_end) * 1000000)::bigint AS window_end_microseconds, NULL::double precision AS expected, NULL::double precision AS numerator, NULL::double precision AS denominator, region::text AS region
FROM (
SELECT region,
       window_start,
       window_end,
       -- A handful is no spike, where otherwise nothing comes.
       CASE WHEN total_downloads < 5 THEN 0 ELSE total_downloads END AS value
FROM region_health
) AS alert_rows
WHERE value IS NOT NULL
ORDER BY window_start, region::text COLLATE "C";
