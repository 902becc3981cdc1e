CREATE TABLE device_stats (
  device_type text COLLATE "C" NOT NULL,
  os_version text COLLATE "C" NOT NULL,
  window_start timestamp with time zone NOT NULL,
  window_end timestamp with time zone NOT NULL,
  total_downloads bigint NOT NULL,
  successful_downloads bigint NOT NULL,
  failed_downloads bigint NOT NULL,
  cancelled_downloads bigint GENERATED ALWAYS AS ((total_downloads - successful_downloads) - failed_downloads) STORED,
  avg_speed_mbps double precision GENERATED ALWAYS AS (avg_speed_mbps_sum / NULLIF(successful_downloads, 0)::double precision) STORED,
  total_size_gb double precision,
  avg_speed_mbps_sum double precision,
  updated_at timestamp with time zone NOT NULL DEFAULT now(),
  PRIMARY KEY (window_start, device_type, os_version)
) WITH (
  fillfactor = 60,
  autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000,
  autovacuum_vacuum_insert_scale_factor = 0.1, autovacuum_analyze_scale_factor = 0.05,
  autovacuum_vacuum_cost_delay = 0
);
COMMENT ON TABLE device_stats IS 'Downloads per device, operating system and minute.
Grain: device_type, os_version and minute of event time. Late events revise the row.';
COMMENT ON COLUMN device_stats.device_type IS 'Device, e.g. iPhone.';
COMMENT ON COLUMN device_stats.os_version IS '"user".os_version';
COMMENT ON COLUMN device_stats.window_start IS 'Beginning of the window of event time; the window holds it.';
COMMENT ON COLUMN device_stats.window_end IS 'End of the window of event time; the window does not hold it.';
COMMENT ON COLUMN device_stats.total_downloads IS 'Download attempts, whatever their end.';
COMMENT ON COLUMN device_stats.successful_downloads IS 'Downloads that ended with status success.';
COMMENT ON COLUMN device_stats.failed_downloads IS 'Downloads that ended with status failed.';
COMMENT ON COLUMN device_stats.cancelled_downloads IS 'Downloads that ended neither with success nor failed: status cancelled.';
COMMENT ON COLUMN device_stats.avg_speed_mbps IS 'Mean speed of successful downloads in megabits per second.';
COMMENT ON COLUMN device_stats.total_size_gb IS 'Gigabytes of all attempts together.';
COMMENT ON COLUMN device_stats.avg_speed_mbps_sum IS 'Part of avg_speed_mbps: the sum of the values that went into it.';
COMMENT ON COLUMN device_stats.updated_at IS 'When the row was last written.';

INSERT INTO device_stats AS t (window_start, device_type, os_version, window_end, total_downloads, successful_downloads, failed_downloads, total_size_gb, avg_speed_mbps_sum)
SELECT d.window_start, d.device_type, d.os_version, d.window_start + INTERVAL '60 seconds', d.total_downloads, d.successful_downloads, d.failed_downloads, d.total_size_gb, d.avg_speed_mbps_sum
FROM unnest($1::timestamp with time zone[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::double precision[], $8::double precision[]) AS d(window_start, device_type, os_version, total_downloads, successful_downloads, failed_downloads, total_size_gb, avg_speed_mbps_sum)
ORDER BY d.window_start, d.device_type COLLATE "C", d.os_version COLLATE "C"
ON CONFLICT (window_start, device_type, os_version) DO UPDATE SET
  total_downloads = t.total_downloads + excluded.total_downloads,
  successful_downloads = t.successful_downloads + excluded.successful_downloads,
  failed_downloads = t.failed_downloads + excluded.failed_downloads,
  total_size_gb = COALESCE(t.total_size_gb + excluded.total_size_gb, t.total_size_gb, excluded.total_size_gb),
  avg_speed_mbps_sum = COALESCE(t.avg_speed_mbps_sum + excluded.avg_speed_mbps_sum, t.avg_speed_mbps_sum, excluded.avg_speed_mbps_sum),
  updated_at = now();

DELETE FROM device_stats WHERE ctid = ANY (ARRAY(
  SELECT ctid FROM device_stats WHERE window_start < $1::timestamptz - INTERVAL '60 seconds'
  LIMIT $2::bigint));
