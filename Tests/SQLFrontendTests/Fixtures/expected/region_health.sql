CREATE TABLE region_health (
  region text COLLATE "C" NOT NULL,
  window_start timestamp with time zone NOT NULL,
  window_end timestamp with time zone NOT NULL,
  total_downloads bigint NOT NULL,
  successful_downloads bigint NOT NULL,
  failed_downloads bigint NOT NULL,
  cancelled_downloads bigint GENERATED ALWAYS AS ((total_downloads - successful_downloads) - failed_downloads) STORED,
  success_rate double precision GENERATED ALWAYS AS (successful_downloads::double precision / total_downloads::double precision) STORED,
  avg_speed_mbps double precision GENERATED ALWAYS AS (avg_speed_mbps_sum / NULLIF(successful_downloads, 0)::double precision) STORED,
  avg_duration_seconds numeric GENERATED ALWAYS AS (avg_duration_seconds_sum::numeric / NULLIF(total_downloads, 0)::numeric) STORED,
  total_size_gb double precision,
  avg_speed_mbps_sum double precision,
  avg_duration_seconds_sum bigint,
  updated_at timestamp with time zone NOT NULL DEFAULT now(),
  PRIMARY KEY (window_start, region)
) WITH (
  fillfactor = 60,
  autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000,
  autovacuum_vacuum_insert_scale_factor = 0.1, autovacuum_analyze_scale_factor = 0.05,
  autovacuum_vacuum_cost_delay = 0
);
COMMENT ON TABLE region_health IS 'Health of downloads per region and minute: how many succeed, how fast, how long they take.
Grain: region and minute of event time. Late events revise the row.';
COMMENT ON COLUMN region_health.region IS 'Country and region, e.g. US-California.';
COMMENT ON COLUMN region_health.window_start IS 'Beginning of the window of event time; the window holds it.';
COMMENT ON COLUMN region_health.window_end IS 'End of the window of event time; the window does not hold it.';
COMMENT ON COLUMN region_health.total_downloads IS 'Download attempts, whatever their end.';
COMMENT ON COLUMN region_health.successful_downloads IS 'Downloads that ended with status success.';
COMMENT ON COLUMN region_health.failed_downloads IS 'Downloads that ended with status failed.';
COMMENT ON COLUMN region_health.cancelled_downloads IS 'Downloads that ended neither with success nor failed: status cancelled.';
COMMENT ON COLUMN region_health.success_rate IS 'Share of attempts that succeeded, 0 to 1.';
COMMENT ON COLUMN region_health.avg_speed_mbps IS 'Mean speed of successful downloads in megabits per second.';
COMMENT ON COLUMN region_health.avg_duration_seconds IS 'Mean duration of an attempt in seconds.';
COMMENT ON COLUMN region_health.total_size_gb IS 'Gigabytes of all attempts together.';
COMMENT ON COLUMN region_health.avg_speed_mbps_sum IS 'Part of avg_speed_mbps: the sum of the values that went into it.';
COMMENT ON COLUMN region_health.avg_duration_seconds_sum IS 'Part of avg_duration_seconds: the sum of the values that went into it.';
COMMENT ON COLUMN region_health.updated_at IS 'When the row was last written.';

INSERT INTO region_health AS t (window_start, region, window_end, total_downloads, successful_downloads, failed_downloads, total_size_gb, avg_speed_mbps_sum, avg_duration_seconds_sum)
SELECT d.window_start, d.region, d.window_start + INTERVAL '60 seconds', d.total_downloads, d.successful_downloads, d.failed_downloads, d.total_size_gb, d.avg_speed_mbps_sum, d.avg_duration_seconds_sum
FROM unnest($1::timestamp with time zone[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::double precision[], $7::double precision[], $8::bigint[]) AS d(window_start, region, total_downloads, successful_downloads, failed_downloads, total_size_gb, avg_speed_mbps_sum, avg_duration_seconds_sum)
ORDER BY d.window_start, d.region COLLATE "C"
ON CONFLICT (window_start, region) DO UPDATE SET
  total_downloads = t.total_downloads + excluded.total_downloads,
  successful_downloads = t.successful_downloads + excluded.successful_downloads,
  failed_downloads = t.failed_downloads + excluded.failed_downloads,
  total_size_gb = COALESCE(t.total_size_gb + excluded.total_size_gb, t.total_size_gb, excluded.total_size_gb),
  avg_speed_mbps_sum = COALESCE(t.avg_speed_mbps_sum + excluded.avg_speed_mbps_sum, t.avg_speed_mbps_sum, excluded.avg_speed_mbps_sum),
  avg_duration_seconds_sum = COALESCE(t.avg_duration_seconds_sum + excluded.avg_duration_seconds_sum, t.avg_duration_seconds_sum, excluded.avg_duration_seconds_sum),
  updated_at = now();

DELETE FROM region_health WHERE ctid = ANY (ARRAY(
  SELECT ctid FROM region_health WHERE window_start < $1::timestamptz - INTERVAL '60 seconds'
  LIMIT $2::bigint));
