CREATE TABLE content_stats (
  content_id text COLLATE "C" NOT NULL,
  window_start timestamp with time zone NOT NULL,
  window_end timestamp with time zone NOT NULL,
  title text COLLATE "C",
  download_count bigint NOT NULL,
  successful_downloads bigint NOT NULL,
  failed_downloads bigint NOT NULL,
  cancelled_downloads bigint GENERATED ALWAYS AS ((download_count - successful_downloads) - failed_downloads) STORED,
  total_size_gb double precision,
  avg_duration_seconds numeric GENERATED ALWAYS AS (avg_duration_seconds_sum::numeric / NULLIF(download_count, 0)::numeric) STORED,
  avg_duration_seconds_sum bigint,
  updated_at timestamp with time zone NOT NULL DEFAULT now(),
  PRIMARY KEY (window_start, content_id)
) WITH (
  fillfactor = 60,
  autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000,
  autovacuum_vacuum_insert_scale_factor = 0.1, autovacuum_analyze_scale_factor = 0.05,
  autovacuum_vacuum_cost_delay = 0
);
COMMENT ON TABLE content_stats IS 'Downloads per piece of content and minute.
Grain: content_id and minute of event time. Late events revise the row.';
COMMENT ON COLUMN content_stats.content_id IS 'Stable identifier, e.g. mov_avengers_2.';
COMMENT ON COLUMN content_stats.window_start IS 'Beginning of the window of event time; the window holds it.';
COMMENT ON COLUMN content_stats.window_end IS 'End of the window of event time; the window does not hold it.';
COMMENT ON COLUMN content_stats.title IS 'Title of the content; of several spellings within the minute the greatest by bytes.';
COMMENT ON COLUMN content_stats.download_count IS 'Download attempts, whatever their end.';
COMMENT ON COLUMN content_stats.successful_downloads IS 'Downloads that ended with status success.';
COMMENT ON COLUMN content_stats.failed_downloads IS 'Downloads that ended with status failed.';
COMMENT ON COLUMN content_stats.cancelled_downloads IS 'Downloads that ended neither with success nor failed: status cancelled.';
COMMENT ON COLUMN content_stats.total_size_gb IS 'Gigabytes of all attempts together.';
COMMENT ON COLUMN content_stats.avg_duration_seconds IS 'Mean duration of an attempt in seconds.';
COMMENT ON COLUMN content_stats.avg_duration_seconds_sum IS 'Part of avg_duration_seconds: the sum of the values that went into it.';
COMMENT ON COLUMN content_stats.updated_at IS 'When the row was last written.';

INSERT INTO content_stats AS t (window_start, content_id, window_end, title, download_count, successful_downloads, failed_downloads, total_size_gb, avg_duration_seconds_sum)
SELECT d.window_start, d.content_id, d.window_start + INTERVAL '60 seconds', d.title, d.download_count, d.successful_downloads, d.failed_downloads, d.total_size_gb, d.avg_duration_seconds_sum
FROM unnest($1::timestamp with time zone[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::double precision[], $8::bigint[]) AS d(window_start, content_id, title, download_count, successful_downloads, failed_downloads, total_size_gb, avg_duration_seconds_sum)
ORDER BY d.window_start, d.content_id COLLATE "C"
ON CONFLICT (window_start, content_id) DO UPDATE SET
  title = GREATEST(t.title COLLATE "C", excluded.title COLLATE "C"),
  download_count = t.download_count + excluded.download_count,
  successful_downloads = t.successful_downloads + excluded.successful_downloads,
  failed_downloads = t.failed_downloads + excluded.failed_downloads,
  total_size_gb = COALESCE(t.total_size_gb + excluded.total_size_gb, t.total_size_gb, excluded.total_size_gb),
  avg_duration_seconds_sum = COALESCE(t.avg_duration_seconds_sum + excluded.avg_duration_seconds_sum, t.avg_duration_seconds_sum, excluded.avg_duration_seconds_sum),
  updated_at = now();

DELETE FROM content_stats WHERE ctid = ANY (ARRAY(
  SELECT ctid FROM content_stats WHERE window_start < $1::timestamptz - INTERVAL '60 seconds'
  LIMIT $2::bigint));
