CREATE TABLE region_errors (
  region text COLLATE "C" NOT NULL,
  error_code text COLLATE "C",
  window_start timestamp with time zone NOT NULL,
  window_end timestamp with time zone NOT NULL,
  failed_downloads bigint NOT NULL,
  updated_at timestamp with time zone NOT NULL DEFAULT now(),
  UNIQUE NULLS NOT DISTINCT (window_start, region, error_code)
) WITH (
  fillfactor = 60,
  autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000,
  autovacuum_vacuum_insert_scale_factor = 0.1, autovacuum_analyze_scale_factor = 0.05,
  autovacuum_vacuum_cost_delay = 0
);
COMMENT ON TABLE region_errors IS 'Failed downloads per region, error code and minute: what goes wrong where.
Grain: region, error_code and minute of event time. Late events revise the row.';
COMMENT ON COLUMN region_errors.region IS 'Country and region, e.g. US-California.';
COMMENT ON COLUMN region_errors.error_code IS 'Why downloads failed; NULL: their events do not say.';
COMMENT ON COLUMN region_errors.window_start IS 'Beginning of the window of event time; the window holds it.';
COMMENT ON COLUMN region_errors.window_end IS 'End of the window of event time; the window does not hold it.';
COMMENT ON COLUMN region_errors.failed_downloads IS 'Downloads that ended with status failed.';
COMMENT ON COLUMN region_errors.updated_at IS 'When the row was last written.';

INSERT INTO region_errors AS t (window_start, region, error_code, window_end, failed_downloads)
SELECT d.window_start, d.region, d.error_code, d.window_start + INTERVAL '60 seconds', d.failed_downloads
FROM unnest($1::timestamp with time zone[], $2::text[], $3::text[], $4::bigint[]) AS d(window_start, region, error_code, failed_downloads)
ORDER BY d.window_start, d.region COLLATE "C", d.error_code COLLATE "C"
ON CONFLICT (window_start, region, error_code) DO UPDATE SET
  failed_downloads = t.failed_downloads + excluded.failed_downloads,
  updated_at = now();

DELETE FROM region_errors WHERE ctid = ANY (ARRAY(
  SELECT ctid FROM region_errors WHERE window_start < $1::timestamptz - INTERVAL '60 seconds'
  LIMIT $2::bigint));
