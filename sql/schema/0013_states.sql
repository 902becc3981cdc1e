-- Aggregates whose states are pairs and counts: first and last, the most frequent values, histograms. As in
-- 0010_aggregates.sql the engine makes the same states, and nothing that reads one fails for any state.

-- First and last ---------------------------------------------------------------------------------
--
-- The order is the call's: last(x ORDER BY at, x). Where a definition leaves it out, its batch has it put in.

CREATE FUNCTION first_step(state anyelement, x anyelement) RETURNS anyelement
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS 'SELECT state';
CREATE FUNCTION last_step(state anyelement, x anyelement) RETURNS anyelement
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS 'SELECT x';
CREATE AGGREGATE first(x anyelement) (SFUNC = first_step, STYPE = anyelement, PARALLEL = SAFE);
CREATE AGGREGATE last(x anyelement) (SFUNC = last_step, STYPE = anyelement, PARALLEL = SAFE);
COMMENT ON AGGREGATE first(anyelement) IS 'The first value that is not NULL, in the order of the call: first(x ORDER BY at, x)';
COMMENT ON AGGREGATE last(anyelement) IS 'The last value that is not NULL, in the order of the call: last(x ORDER BY at, x)';

-- The most frequent values -------------------------------------------------------------------------
--
-- A state is an object of up to 256 values with their counts. Where there would be more, the count of the 257th is taken
-- off all of them, and those that have none left are forgotten (Misra and Gries, 1982). However states are merged, a count
-- is too low by less than 1/257 of all values; nothing is wrong with states that never met more than 256.

-- How values are written as names of members: numbers without zeros that say nothing, times as numbers, which depend on no
-- setting: microseconds, of dates days.
CREATE FUNCTION frequencies_name(x anyelement) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS 'SELECT x::text';
CREATE FUNCTION frequencies_name(x integer) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN x::text;
CREATE FUNCTION frequencies_name(x bigint) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN x::text;
CREATE FUNCTION frequencies_name(x numeric) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN trim_scale(x)::text;
CREATE FUNCTION frequencies_name(x timestamp with time zone) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (extract(epoch FROM x) * 1000000)::bigint::text;
CREATE FUNCTION frequencies_name(x timestamp without time zone) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (extract(epoch FROM x) * 1000000)::bigint::text;
CREATE FUNCTION frequencies_name(x date) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (x - DATE '1970-01-01')::text;
CREATE FUNCTION frequencies_name(x time without time zone) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (extract(epoch FROM x) * 1000000)::bigint::text;

-- The value of a name, in the type of `sample`.
CREATE FUNCTION frequencies_value(name text, sample anyelement) RETURNS anyelement
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
BEGIN
  RETURN name;
END
$$;
CREATE FUNCTION frequencies_value(name text, sample timestamp without time zone) RETURNS timestamp without time zone
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN TIMESTAMP '1970-01-01' + (name::bigint / 86400000000) * INTERVAL '1 day'
  + (name::bigint % 86400000000) * INTERVAL '1 microsecond';
CREATE FUNCTION frequencies_value(name text, sample timestamp with time zone) RETURNS timestamp with time zone
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN frequencies_value(name, NULL::timestamp) AT TIME ZONE 'UTC';
CREATE FUNCTION frequencies_value(name text, sample date) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN DATE '1970-01-01' + name::integer;
CREATE FUNCTION frequencies_value(name text, sample time without time zone) RETURNS time without time zone
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN TIME '00:00' + name::bigint * INTERVAL '1 microsecond';

CREATE FUNCTION frequencies_bounded(counts jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (
  WITH entries AS (SELECT key, value::bigint AS n FROM jsonb_each(counts)),
    excess AS (SELECT coalesce((SELECT n FROM entries ORDER BY n DESC OFFSET 256 LIMIT 1), 0) AS n)
  SELECT coalesce(jsonb_object_agg(e.key, e.n - excess.n), '{}')
  FROM entries AS e, excess WHERE e.n > excess.n
);

CREATE FUNCTION frequencies_state(x anyarray) RETURNS jsonb
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
  SELECT frequencies_bounded(jsonb_object_agg(name, n))
  FROM (SELECT frequencies_name(value) AS name, count(*) AS n FROM unnest(x) AS value WHERE value IS NOT NULL GROUP BY 1)
    AS counts
$$;
COMMENT ON FUNCTION frequencies_state IS 'The state of values: frequencies_state(array_agg(x))';

CREATE FUNCTION frequencies_union(a jsonb, b jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
  merged jsonb;
  size bigint;
BEGIN
  SELECT jsonb_object_agg(key, n), count(*) INTO merged, size
  FROM (
    SELECT key, sum(value::bigint) AS n
    FROM (SELECT * FROM jsonb_each(a) UNION ALL SELECT * FROM jsonb_each(b)) AS entries
    GROUP BY key
  ) AS sums;
  IF size > 256 THEN RETURN frequencies_bounded(merged); END IF;
  RETURN coalesce(merged, '{}');
END
$$;
COMMENT ON FUNCTION frequencies_union IS 'The state of the values of both states';

CREATE AGGREGATE frequencies_merge(state jsonb) (
  SFUNC = frequencies_union, STYPE = jsonb, COMBINEFUNC = frequencies_union, PARALLEL = SAFE);
COMMENT ON AGGREGATE frequencies_merge(jsonb) IS 'The state of the values of all states';

CREATE FUNCTION mode_estimate(state jsonb, sample anyelement) RETURNS anyelement
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
  best sample%TYPE;
  value sample%TYPE;
  most bigint := 0;
  entry record;
BEGIN
  FOR entry IN SELECT e.key, e.value::bigint AS n FROM jsonb_each(state) AS e ORDER BY n DESC LOOP
    EXIT WHEN entry.n < most;
    value := frequencies_value(entry.key COLLATE "C", sample);
    IF most = 0 OR value < best THEN best := value; END IF;
    most := entry.n;
  END LOOP;
  RETURN best;
END
$$;
COMMENT ON FUNCTION mode_estimate IS
  'The most frequent value of a state, of several the least, in the type of the sample: mode_estimate(state, NULL::integer)';

CREATE FUNCTION approx_top_k_estimate(state jsonb, k integer, sample anyelement) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
  SELECT coalesce(
    jsonb_agg(jsonb_build_object('value', value, 'count', n) ORDER BY n DESC, value),
    CASE WHEN state IS NOT NULL THEN '[]'::jsonb END)
  FROM (
    SELECT frequencies_value(e.key COLLATE "C", sample) AS value, e.value::bigint AS n
    FROM jsonb_each(state) AS e ORDER BY n DESC, value LIMIT k
  ) AS frequent
$$;
COMMENT ON FUNCTION approx_top_k_estimate IS
  'The k most frequent values of a state with their counts, in the type of the sample: approx_top_k_estimate(state, 10, NULL::integer)';

-- The aggregate keeps all values and counts them at the end. Its state has k in front.
CREATE FUNCTION approx_top_k_step(state text[], x anyelement, k integer) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
  IF x IS NULL THEN RETURN state; END IF;
  IF state IS NULL THEN state := ARRAY[k::text]; END IF;
  state := array_append(state, frequencies_name(x));
  RETURN state;
END
$$;
CREATE FUNCTION approx_top_k_result(state text[], x anyelement, k integer) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
  SELECT approx_top_k_estimate(
    (SELECT jsonb_object_agg(name, n)
     FROM (SELECT name, count(*) AS n FROM unnest(state[2:]) AS name GROUP BY name) AS counts),
    state[1]::integer, x)
$$;
CREATE AGGREGATE approx_top_k(x anyelement, k integer) (
  SFUNC = approx_top_k_step, STYPE = text[], FINALFUNC = approx_top_k_result, FINALFUNC_EXTRA, PARALLEL = SAFE);
COMMENT ON AGGREGATE approx_top_k(anyelement, integer) IS
  'The k most frequent values with their counts, as [{"value": …, "count": …}, …]; of equally frequent ones the least come first';

-- Histograms -----------------------------------------------------------------------------------------

CREATE FUNCTION histogram_union(a bigint[], b bigint[]) RETURNS bigint[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
BEGIN
  FOR i IN 1..coalesce(array_length(a, 1), 0) LOOP
    a[i] := a[i] + b[i];
  END LOOP;
  RETURN a;
END
$$;
COMMENT ON FUNCTION histogram_union IS 'The sums of two histograms over the same bounds, element by element';

CREATE AGGREGATE histogram_merge(state bigint[]) (
  SFUNC = histogram_union, STYPE = bigint[], COMBINEFUNC = histogram_union, PARALLEL = SAFE);
COMMENT ON AGGREGATE histogram_merge(bigint[]) IS 'The sums of histograms over the same bounds, element by element';

CREATE FUNCTION histogram_step(state bigint[], x anycompatible, bounds anycompatiblearray) RETURNS bigint[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
  bucket integer := width_bucket(x, bounds) + 1;
BEGIN
  IF bucket IS NULL THEN RETURN state; END IF;
  IF state IS NULL THEN state := array_fill(0::bigint, ARRAY[cardinality(bounds) + 1]); END IF;
  state[bucket] := state[bucket] + 1;
  RETURN state;
END
$$;
CREATE AGGREGATE histogram(x anycompatible, bounds anycompatiblearray) (
  SFUNC = histogram_step, STYPE = bigint[], PARALLEL = SAFE);
COMMENT ON AGGREGATE histogram(anycompatible, anycompatiblearray) IS
  'How many values lie below the first of the ascending bounds, from each of them to the next, and from the last one on';

-- Cheaper merges ---------------------------------------------------------------------------------------
--
-- Both run in every flush, over each row that it changes. PL/pgSQL takes its time for each expression, and so these evaluate
-- as few as they can.

-- The buckets of one state are gone through in order, those of the other one are taken up where they belong: two expressions
-- for one of the first, five for one of the second.
CREATE OR REPLACE FUNCTION percentile_union(a bigint[], b bigint[]) RETURNS bigint[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
  merged bigint[] := '{}';
  place integer := 1;
  entry bigint;
  other bigint := b[1];
BEGIN
  FOREACH entry IN ARRAY a LOOP
    -- The greatest count that a bucket can have: this is whether the other one is the same or comes before.
    WHILE other <= entry | 17592186044415 LOOP
      IF other >> 44 = entry >> 44 THEN
        entry := entry + (other & 17592186044415);
      ELSE
        merged := merged || other;
      END IF;
      place := place + 1;
      other := b[place];
    END LOOP;
    merged := merged || entry;
  END LOOP;
  RETURN merged || b[place:];
END
$$;

-- Two lists of coupons are gone through in step, unless one is so much shorter that looking up each of its own takes less.
CREATE OR REPLACE FUNCTION approx_count_distinct_union(a bit varying, b bit varying) RETURNS bit varying
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
  item bit varying;
  other bit varying;
  place integer := 0;
  other_place integer := 1;
  above integer;
  middle integer;
BEGIN
  IF length(a) = 49152 AND length(b) = 49152 THEN RETURN a | b; END IF;
  IF a = b THEN RETURN a; END IF;
  -- The shorter one goes into the longer one.
  IF length(b) > length(a) THEN
    item := a;
    a := b;
    b := item;
  END IF;
  IF length(a) < 49152 THEN
    IF length(b) * 8 > length(a) THEN
      other := substring(b, 1, 16);
      FOR i IN 1..length(a) / 16 LOOP
        item := substring(a, place + 1, 16);
        WHILE other <= item AND other <> '' LOOP
          IF other < item THEN
            a := substring(a, 1, place) || other || substring(a, place + 1);
            place := place + 16;
          END IF;
          other_place := other_place + 16;
          other := substring(b, other_place, 16);
        END LOOP;
        EXIT WHEN other = '';
        place := place + 16;
      END LOOP;
      a := a || substring(b, other_place);
    ELSE
      FOR i IN 0..length(b) / 16 - 1 LOOP
        item := substring(b, i * 16 + 1, 16);
        above := length(a) / 16;
        WHILE place < above LOOP
          middle := (place + above) / 2;
          IF substring(a, middle * 16 + 1, 16) < item THEN
            place := middle + 1;
          ELSE
            above := middle;
          END IF;
        END LOOP;
        IF substring(a, place * 16 + 1, 16) <> item THEN
          a := substring(a, 1, place * 16) || item || substring(a, place * 16 + 1);
        END IF;
      END LOOP;
    END IF;
    IF length(a) <= 8192 THEN RETURN a; END IF;
    b := a;
    a := repeat('0', 49152)::bit varying;
  END IF;
  FOR i IN 0..length(b) / 16 - 1 LOOP
    a := set_bit(a, substring(b, i * 16 + 1, 16)::bit(16)::integer, 1);
  END LOOP;
  RETURN a;
END
$$;
