-- The aggregates of the definition language that Postgres does not have, how stored parts of aggregates merge, and how
-- results are read from them. The engine makes the same parts, bit by bit: a definition's own SELECT runs here as a batch.
--
-- A generated column that fails would make every later update of its row fail. So nothing here fails for any parts: where
-- arithmetic would leave the range of double precision, the result is 0 or NULL.

-- Postgres has these since version 18.
CREATE FUNCTION uuid_smaller(a uuid, b uuid) RETURNS uuid
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN LEAST(a, b);
CREATE FUNCTION uuid_larger(a uuid, b uuid) RETURNS uuid
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN GREATEST(a, b);
CREATE AGGREGATE min(uuid) (
  SFUNC = uuid_smaller, STYPE = uuid, COMBINEFUNC = uuid_smaller, SORTOP = <, PARALLEL = SAFE);
CREATE AGGREGATE max(uuid) (
  SFUNC = uuid_larger, STYPE = uuid, COMBINEFUNC = uuid_larger, SORTOP = >, PARALLEL = SAFE);

-- Variance and standard deviation ----------------------------------------------------------------

-- Of whole numbers and numerics, to the digit what Postgres' own aggregates give.
CREATE FUNCTION streampulse_exact_spread(
  n bigint, total numeric, squares numeric, is_sample boolean, is_root boolean
) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
  variance numeric := n * squares - total * total;
  root numeric;
  unit numeric;
BEGIN
  IF n <= is_sample::integer THEN RETURN NULL; END IF;
  IF variance <= 0 THEN RETURN 0; END IF;
  variance := variance / (n::numeric * (n - is_sample::integer));
  IF NOT is_root THEN RETURN variance; END IF;
  -- sqrt() may give more places than the aggregate does. Rounded twice, a half may be rounded up that is none.
  root := round(sqrt(variance), scale(variance));
  unit := 10::numeric ^ -scale(variance);
  IF (root - unit / 2) ^ 2 > variance THEN root := root - unit; END IF;
  RETURN round(root, scale(variance));
END
$$;
COMMENT ON FUNCTION streampulse_exact_spread IS
  'Variance or standard deviation of a population or a sample, by the number, the sum and the sum of the squares';

CREATE FUNCTION streampulse_spread(
  n bigint, deviations double precision, is_sample boolean, is_root boolean
) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE
  WHEN n <= is_sample::integer THEN NULL
  WHEN deviations < 1e-290 THEN 0
  WHEN is_root THEN sqrt(deviations / (n - is_sample::integer))
  ELSE deviations / (n - is_sample::integer)
END;
COMMENT ON FUNCTION streampulse_spread IS
  'Variance or standard deviation of a population or a sample, by the number and the sum of the squared deviations';

-- Chan, Golub and LeVeque's formula, as Postgres' parallel aggregates have it.
CREATE FUNCTION deviations_union(
  n bigint, total double precision, deviations double precision,
  other_n bigint, other_total double precision, other_deviations double precision
) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE
  WHEN n = 0 THEN other_deviations
  WHEN other_n = 0 THEN deviations
  WHEN abs(total / n - other_total / other_n) < 1e-150 THEN deviations + other_deviations
  ELSE deviations + other_deviations
    + (n::double precision * other_n / (n + other_n))
      * (total / n - other_total / other_n) * (total / n - other_total / other_n)
END;
COMMENT ON FUNCTION deviations_union IS
  'The sum of the squared deviations of two sets of values, by number, sum and squared deviations of each';

CREATE FUNCTION codeviations_union(
  n bigint, total double precision, second_total double precision, codeviations double precision,
  other_n bigint, other_total double precision, other_second_total double precision, other_codeviations double precision
) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE
  WHEN n = 0 THEN other_codeviations
  WHEN other_n = 0 THEN codeviations
  WHEN abs(total / n - other_total / other_n) < 1e-150
    OR abs(second_total / n - other_second_total / other_n) < 1e-150 THEN codeviations + other_codeviations
  ELSE codeviations + other_codeviations
    + (n::double precision * other_n / (n + other_n))
      * (total / n - other_total / other_n) * (second_total / n - other_second_total / other_n)
END;
COMMENT ON FUNCTION codeviations_union IS
  'The sum of the products of two values'' deviations, by number, both sums and the sum of products of two sets';

CREATE FUNCTION deviations_merge_step(
  state double precision[], n bigint, total double precision, deviations double precision
) RETURNS double precision[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
  WHEN n IS NULL OR n = 0 OR total IS NULL OR deviations IS NULL THEN state
  WHEN state IS NULL THEN ARRAY[n::double precision, total, deviations]
  ELSE ARRAY[
    state[1] + n, state[2] + total,
    deviations_union(state[1]::bigint, state[2], state[3], n, total, deviations)]
END;
CREATE FUNCTION deviations_merge_result(state double precision[]) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN state[3];
CREATE AGGREGATE deviations_merge(n bigint, total double precision, deviations double precision) (
  SFUNC = deviations_merge_step, STYPE = double precision[], FINALFUNC = deviations_merge_result, PARALLEL = SAFE);
COMMENT ON AGGREGATE deviations_merge(bigint, double precision, double precision) IS
  'The sum of the squared deviations over rows that each have number, sum and squared deviations';

CREATE FUNCTION codeviations_merge_step(
  state double precision[], n bigint, total double precision, second_total double precision,
  codeviations double precision
) RETURNS double precision[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
  WHEN n IS NULL OR n = 0 OR total IS NULL OR second_total IS NULL OR codeviations IS NULL THEN state
  WHEN state IS NULL THEN ARRAY[n::double precision, total, second_total, codeviations]
  ELSE ARRAY[
    state[1] + n, state[2] + total, state[3] + second_total,
    codeviations_union(state[1]::bigint, state[2], state[3], state[4], n, total, second_total, codeviations)]
END;
CREATE FUNCTION codeviations_merge_result(state double precision[]) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN state[4];
CREATE AGGREGATE codeviations_merge(
  n bigint, total double precision, second_total double precision, codeviations double precision
) (
  SFUNC = codeviations_merge_step, STYPE = double precision[], FINALFUNC = codeviations_merge_result, PARALLEL = SAFE);
COMMENT ON AGGREGATE codeviations_merge(bigint, double precision, double precision, double precision) IS
  'The sum of the products of deviations over rows that each have number, both sums and the sum of products';

CREATE FUNCTION streampulse_ratio(part double precision, whole double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE
  WHEN part = 'NaN' OR whole = 'NaN' THEN 'NaN'::double precision
  WHEN whole <= 0 THEN NULL
  WHEN part = 0 THEN 0
  WHEN ln(abs(part)) - ln(whole) < -700 THEN 0
  WHEN ln(abs(part)) - ln(whole) > 700 THEN NULL
  ELSE part / whole
END;
CREATE FUNCTION streampulse_within(value double precision, lowest double precision, highest double precision)
RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN value < lowest THEN lowest WHEN value > highest THEN highest ELSE value END;
COMMENT ON FUNCTION streampulse_within IS 'The value, or the bound that it is beyond; NULL for NULL';

COMMENT ON FUNCTION streampulse_ratio IS 'A quotient; NULL where there is none in double precision';

-- Approximate numbers of distinct values -----------------------------------------------------------
--
-- Each value's hash has one of 2048 registers and in it one of 24 levels, the k-th with the probability 2^-(k+1): a coupon,
-- level * 2048 + register. A state is a bit string: up to 512 coupons in their order, 16 bits each, or 49152 bits, one for
-- each coupon. Postgres stores the first form in the row as it is, and compresses the second one.

CREATE FUNCTION approx_count_distinct_coupon(hash bigint) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (hash & 2047)::integer
  + 2048 * (23 - position(B'1' IN ((hash >> 11) & 8388607 & - ((hash >> 11) & 8388607))::integer::bit(23)));

CREATE FUNCTION approx_count_distinct_insert(state bit varying, coupon integer) RETURNS bit varying
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
  item bit varying := coupon::bit(16);
  place integer := 0;
  above integer := length(state) / 16;
  middle integer;
  dense bit varying;
BEGIN
  IF state IS NULL THEN RETURN item; END IF;
  IF length(state) = 49152 THEN RETURN set_bit(state, coupon, 1); END IF;
  WHILE place < above LOOP
    middle := (place + above) / 2;
    IF substring(state, middle * 16 + 1, 16) < item THEN
      place := middle + 1;
    ELSE
      above := middle;
    END IF;
  END LOOP;
  IF substring(state, place * 16 + 1, 16) = item THEN RETURN state; END IF;
  IF length(state) < 8192 THEN
    RETURN substring(state, 1, place * 16) || item || substring(state, place * 16 + 1);
  END IF;
  dense := set_bit(repeat('0', 49152)::bit varying, coupon, 1);
  FOR i IN 0..511 LOOP
    dense := set_bit(dense, substring(state, i * 16 + 1, 16)::bit(16)::integer, 1);
  END LOOP;
  RETURN dense;
END
$$;

CREATE FUNCTION approx_count_distinct_union(a bit varying, b bit varying) RETURNS bit varying
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
  item bit varying;
  place integer := 0;
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
COMMENT ON FUNCTION approx_count_distinct_union IS 'The state of the values of both states';

-- How many distinct values explain so many coupons: the inverse of the number that n values are expected to have, as a
-- polynomial within 0.02 %, and from five coupons a register on by its asymptote.
CREATE FUNCTION approx_count_distinct_estimate(state bit varying) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
  coupons double precision := CASE WHEN length(state) = 49152 THEN bit_count(state) ELSE length(state) / 16 END;
  y double precision := coupons / 2048;
BEGIN
  IF state IS NULL THEN RETURN 0; END IF;
  IF coupons >= 10240 THEN RETURN round(2048 * power(2::double precision, y - 0.3327489)); END IF;
  RETURN round(coupons * power(2::double precision, 0.0001145202 + y * (0.2359882 + y * (0.03947006 + y * (-0.01167311
    + y * (0.007650198 + y * (-0.001444257 + y * 0.00008764674)))))));
END
$$;
COMMENT ON FUNCTION approx_count_distinct_estimate IS
  'The number of distinct values that a state has met, with a standard error of at most 1.7 %; 0 for NULL';

CREATE AGGREGATE approx_count_distinct_merge(state bit varying) (
  SFUNC = approx_count_distinct_union, STYPE = bit varying, COMBINEFUNC = approx_count_distinct_union, PARALLEL = SAFE);
COMMENT ON AGGREGATE approx_count_distinct_merge(bit varying) IS 'The state of the values of all states';

-- approx_count_distinct(x) and approx_count_distinct_state(x) for each type. What is equal has equal hashes.
DO $$
DECLARE
  item record;
BEGIN
  FOR item IN SELECT * FROM (VALUES
    ('boolean', 'hashint4extended(0, x::integer)'),
    ('integer', 'hashint4extended(0, x)'),
    ('bigint', 'hashint4extended(0, x)'),
    ('numeric', 'hashtextextended(trim_scale(x)::text COLLATE "C", 0)'),
    ('double precision', 'hashfloat8extended(x, 0)'),
    ('text', 'hashtextextended(x COLLATE "C", 0)'),
    ('uuid', 'hashtextextended(x::text COLLATE "C", 0)'),
    ('timestamp with time zone', 'hashint4extended(0, (extract(epoch FROM x) * 1000000)::bigint)'),
    ('timestamp without time zone', 'hashint4extended(0, (extract(epoch FROM x) * 1000000)::bigint)'),
    ('date', 'hashint4extended(0, x - DATE ''1970-01-01'')'),
    ('time without time zone', 'hashint4extended(0, (extract(epoch FROM x) * 1000000)::bigint)')
  ) AS t (type, hash)
  LOOP
    EXECUTE format(
      $sql$
        CREATE FUNCTION approx_count_distinct_step(state bit varying, x %1$s) RETURNS bit varying
        LANGUAGE sql IMMUTABLE PARALLEL SAFE
        RETURN CASE WHEN x IS NULL THEN state
          ELSE approx_count_distinct_insert(state, approx_count_distinct_coupon(%2$s)) END;
        CREATE AGGREGATE approx_count_distinct_state(x %1$s) (
          SFUNC = approx_count_distinct_step, STYPE = bit varying, COMBINEFUNC = approx_count_distinct_union,
          PARALLEL = SAFE);
        CREATE AGGREGATE approx_count_distinct(x %1$s) (
          SFUNC = approx_count_distinct_step, STYPE = bit varying, COMBINEFUNC = approx_count_distinct_union,
          FINALFUNC = approx_count_distinct_estimate, PARALLEL = SAFE);
        COMMENT ON AGGREGATE approx_count_distinct_state(%1$s) IS 'The state from which their number can be read';
        COMMENT ON AGGREGATE approx_count_distinct(%1$s) IS
          'The number of distinct values, with a standard error of at most 1.7 %%';
      $sql$, item.type, item.hash);
  END LOOP;
END
$$;

-- Percentiles ----------------------------------------------------------------------------------------
--
-- A state is an array of buckets in the order of their values, each code * 2^44 + count. A bucket's code is 2^17 for zero,
-- else that and the exponent and the leading 6 bits of the value (as a double), below for negative ones: 64 buckets between
-- powers of two, whose harmonic middles are within 0.78 % of every value in them.

CREATE FUNCTION percentile_code(x double precision) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE
  WHEN x = 'NaN' THEN 262081
  WHEN abs(x) < 2.2250738585072014e-308 THEN 131072
  ELSE 131072 + CASE WHEN x < 0 THEN -1 ELSE 1 END
    * ((('x' || encode(float8send(abs(x)), 'hex'))::bit(64)::bigint) >> 46)
END;

CREATE FUNCTION percentile_state(x double precision[]) RETURNS bigint[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (
  SELECT array_agg(code << 44 | n ORDER BY code)
  FROM (SELECT percentile_code(value) AS code, count(*) AS n FROM unnest(x) AS value WHERE value IS NOT NULL GROUP BY 1)
    AS buckets
);
COMMENT ON FUNCTION percentile_state IS 'The state of values: percentile_state(array_agg(x))';

-- A loop over both in step is faster in every flush than grouping what unnest gives.
CREATE FUNCTION percentile_union(a bigint[], b bigint[]) RETURNS bigint[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
  merged bigint[] := '{}';
  place integer := 1;
  other_place integer := 1;
  entry bigint := a[1];
  other bigint := b[1];
BEGIN
  WHILE entry IS NOT NULL AND other IS NOT NULL LOOP
    IF entry >> 44 < other >> 44 THEN
      merged := merged || entry;
      place := place + 1;
      entry := a[place];
    ELSIF entry >> 44 > other >> 44 THEN
      merged := merged || other;
      other_place := other_place + 1;
      other := b[other_place];
    ELSE
      merged := merged || (entry + (other & 17592186044415));
      place := place + 1;
      other_place := other_place + 1;
      entry := a[place];
      other := b[other_place];
    END IF;
  END LOOP;
  RETURN merged || a[place:] || b[other_place:];
END
$$;
COMMENT ON FUNCTION percentile_union IS 'The state of the values of both states';

CREATE AGGREGATE percentile_merge(state bigint[]) (
  SFUNC = percentile_union, STYPE = bigint[], COMBINEFUNC = percentile_union, PARALLEL = SAFE);
COMMENT ON AGGREGATE percentile_merge(bigint[]) IS 'The state of the values of all states';

CREATE FUNCTION percentile_estimate(state bigint[], fraction double precision, is_discrete boolean DEFAULT false)
RETURNS double precision
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
  total bigint := 0;
  rank double precision;
  first bigint;
  second bigint;
  seen bigint := 0;
  low double precision;
  high double precision;
  entry bigint;
  size integer;
  value double precision;
BEGIN
  FOREACH entry IN ARRAY state LOOP
    total := total + (entry & 17592186044415);
  END LOOP;
  IF total = 0 THEN RETURN NULL; END IF;
  rank := fraction * (total - 1);
  IF is_discrete THEN
    first := greatest(ceil(fraction * total)::bigint - 1, 0);
    second := first;
  ELSE
    first := floor(rank)::bigint;
    second := ceil(rank)::bigint;
  END IF;
  FOREACH entry IN ARRAY state LOOP
    seen := seen + (entry & 17592186044415);
    IF seen > first THEN
      size := abs((entry >> 44) - 131072);
      value := CASE
        WHEN size = 0 THEN 0
        WHEN size = 131009 THEN 'NaN'::double precision
        WHEN size = 131008 THEN 'Infinity'::double precision
        ELSE power(2::double precision, size / 64 - 1023)
          * ((64 + size % 64) * (65 + size % 64) / (64.5 + size % 64)::double precision / 64)
      END * CASE WHEN entry >> 44 < 131072 THEN -1 ELSE 1 END;
      low := coalesce(low, value);
      IF seen > second THEN
        high := value;
        EXIT;
      END IF;
    END IF;
  END LOOP;
  IF low = high OR rank - first < 1e-9 OR is_discrete THEN RETURN low; END IF;
  RETURN low * (1 - (rank - first)) + high * (rank - first);
END
$$;
COMMENT ON FUNCTION percentile_estimate IS
  'A percentile of the values of a state, within 1 % of the exact one: as percentile_cont or, discrete, percentile_disc';
