-- Windows of the calendar, windows that overlap, and which rows are final.

ALTER TABLE pulse.definitions ADD COLUMN allowed_lateness interval NOT NULL DEFAULT '0';
COMMENT ON COLUMN pulse.definitions.allowed_lateness IS 'How long after its end a window takes late events';

-- Boundaries are local times, counted in sizes from 2000-01-01 00:00 of the zone, as AT TIME ZONE reads them: a local time
-- that does not exist with the offset from before the change, one that is there twice as the second. A window reaches from
-- the last boundary that is not later than the event to the next one.
CREATE FUNCTION tumble_bounds(
  event_time timestamptz, size interval, time_zone text, OUT window_start timestamptz, OUT window_end timestamptz
)
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
  origin  CONSTANT timestamp := '2000-01-01';
  months  CONSTANT integer := extract(year FROM size) * 12 + extract(month FROM size);
  days    CONSTANT integer := extract(day FROM size);
  local_time CONSTANT timestamp := event_time AT TIME ZONE time_zone;
  -- The year before the year 1 is -1 here.
  local_year integer;
  number  integer;
BEGIN
  IF NOT isfinite(event_time) THEN
    window_start := event_time;
    window_end := event_time;
    RETURN;
  END IF;
  IF (months > 0) = (days > 0) OR least(months, days) < 0 OR size <> make_interval(months => months, days => days)
     OR extract(hour FROM size) <> 0 THEN
    RAISE EXCEPTION 'a window of the calendar is of whole days, or of whole months, and not of %', size
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF months > 0 THEN
    local_year := extract(year FROM local_time);
    IF local_year < 0 THEN
      local_year := local_year + 1;
    END IF;
    number := floor(((local_year - 2000) * 12 + extract(month FROM local_time) - 1) / months);
  ELSE
    number := floor((local_time::date - origin::date)::numeric / days);
  END IF;
  WHILE (origin + number * size) AT TIME ZONE time_zone > event_time LOOP
    number := number - 1;
  END LOOP;
  LOOP
    window_end := (origin + (number + 1) * size) AT TIME ZONE time_zone;
    EXIT WHEN window_end > event_time;
    number := number + 1;
  END LOOP;
  window_start := (origin + number * size) AT TIME ZONE time_zone;
END
$$;
COMMENT ON FUNCTION tumble_bounds(timestamptz, interval, text) IS
  'Start and end of the window of whole days or months in that time zone that holds the event time';

CREATE FUNCTION tumble(event_time timestamptz, size interval, time_zone text) RETURNS timestamptz
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (tumble_bounds(event_time, size, time_zone)).window_start;
COMMENT ON FUNCTION tumble(timestamptz, interval, text) IS
  'Start of the window of whole days or months in that time zone, counted from 2000-01-01, that holds the event time';

CREATE FUNCTION tumble_end(event_time timestamptz, size interval, time_zone text) RETURNS timestamptz
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (tumble_bounds(event_time, size, time_zone)).window_end;
COMMENT ON FUNCTION tumble_end(timestamptz, interval, text) IS
  'End of the window of whole days or months in that time zone, counted from 2000-01-01, that holds the event time';

-- Not STRICT, so that it is inlined: the planner then sees date_bin alone.
CREATE OR REPLACE FUNCTION tumble(event_time timestamptz, size interval) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
  WHEN extract(month FROM size) = 0 AND extract(year FROM size) = 0
    THEN date_bin(size, event_time, TIMESTAMPTZ '2000-01-01T00:00:00Z')
  ELSE tumble(event_time, size, 'UTC') END;
COMMENT ON FUNCTION tumble(timestamptz, interval) IS
  'Start of the tumbling window of that size, aligned to 2000-01-01T00:00:00Z, that holds the event time';

CREATE FUNCTION tumble_end(event_time timestamptz, size interval) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
  WHEN extract(month FROM size) = 0 AND extract(year FROM size) = 0
    THEN date_bin(size, event_time, TIMESTAMPTZ '2000-01-01T00:00:00Z') + make_interval(secs => extract(epoch FROM size)::double precision)
  ELSE tumble_end(event_time, size, 'UTC') END;
COMMENT ON FUNCTION tumble_end(timestamptz, interval) IS
  'End of the tumbling window of that size, aligned to 2000-01-01T00:00:00Z, that holds the event time';

-- In seconds, because a day of an interval is as long as one of the session's time zone.
CREATE FUNCTION hop(event_time timestamptz, slide interval, size interval) RETURNS SETOF timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 5
AS $$
  SELECT date_bin(slide, event_time, TIMESTAMPTZ '2000-01-01T00:00:00Z')
         - make_interval(secs => (extract(epoch FROM slide) * number)::double precision)
  FROM generate_series(0, ceil(extract(epoch FROM size) / extract(epoch FROM slide))::integer - 1) AS number
  WHERE date_bin(slide, event_time, TIMESTAMPTZ '2000-01-01T00:00:00Z')
        + make_interval(secs => (extract(epoch FROM size) - extract(epoch FROM slide) * number)::double precision)
        > event_time
$$;
COMMENT ON FUNCTION hop(timestamptz, interval, interval) IS
  'Starts of the windows of that size that begin every slide, aligned to 2000-01-01T00:00:00Z, and hold the event time';

-- For readers, who see no definitions.
CREATE FUNCTION final_until(aggregate_name text) RETURNS timestamptz
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
DECLARE
  definition pulse.definitions;
BEGIN
  SELECT * INTO definition FROM pulse.definitions AS d WHERE d.aggregate = aggregate_name;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no aggregate %', aggregate_name USING ERRCODE = 'undefined_object';
  END IF;
  -- The watermark as processors and alerts have it: idle partitions do not hold it back, unless all are idle; one that
  -- has had no event yet may still bring the oldest. Of several logs the last that events were read from counts.
  RETURN (
    SELECT CASE WHEN bool_or(p.watermark IS NULL AND NOT p.is_idle) THEN NULL
                WHEN bool_and(p.is_idle) THEN least(max(p.watermark), clock_timestamp())
                ELSE least(min(p.watermark) FILTER (WHERE NOT p.is_idle), clock_timestamp()) END
           - definition.allowed_lateness
    FROM pulse.progress AS p
    WHERE p.stream = substring(definition.shape FROM '(?:^|\n)stream: ([^\n]*)')
    GROUP BY p.cluster, p.topic HAVING max(p.watermark) IS NOT NULL
    ORDER BY max(p.updated_at) DESC LIMIT 1);
END
$$;
COMMENT ON FUNCTION final_until(text) IS
  'The watermark of the aggregate less its allowed lateness: windows that ended by then are final; NULL: none is yet';

CREATE FUNCTION is_final(aggregate_name text, window_end timestamptz) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce(window_end <= final_until(aggregate_name), false);
COMMENT ON FUNCTION is_final(text, timestamptz) IS
  'Whether the window of the aggregate that ends then is closed: no event that is in time will change it';
