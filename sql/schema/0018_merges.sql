-- States that merge many values by one operation of Postgres: what a flush costs is how many expressions PL/pgSQL evaluates for
-- each row that it changes. Both kinds have new forms, which the engine writes. The forms of 0010_aggregates.sql are read and
-- merged as before; a merge makes the new one of them.

-- Percentiles -------------------------------------------------------------------------------------------
--
-- The counts of 64 buckets next to each other, those between two powers of two, are a block: a head, and behind it a word for
-- each binary digit that the greatest of them has. Bit p of the k-th word is the digit 2^(k-1) of the count of bucket p. So a
-- merge adds the counts of 64 buckets at once, digit by digit, as an adder does: by XOR and AND.
--
-- A head is the code of the buckets without its last 6 bits, times 64, and the number of words. Blocks are in the order of
-- their values. Of the former form, code * 2^44 + count for each bucket, the first element is at least 2^50.

CREATE FUNCTION percentile_blocks(entries bigint[]) RETURNS bigint[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (
  WITH buckets AS (
    SELECT entry >> 50 AS octave, (entry >> 44 & 63)::integer AS place, entry & 17592186044415 AS n
    FROM unnest(entries) AS entry
  ), octaves AS (
    SELECT octave, length(ltrim(max(n)::bit(44)::text, '0')) AS digits FROM buckets GROUP BY octave
  )
  SELECT array_agg(word ORDER BY octave, digit)
  FROM (
    SELECT octave, 0 AS digit, octave << 6 | digits AS word FROM octaves
    UNION ALL
    SELECT octave, digit, coalesce(bit_or(1::bigint << place) FILTER (WHERE n >> digit - 1 & 1 = 1), 0)
    FROM octaves CROSS JOIN generate_series(1, digits) AS digit JOIN buckets USING (octave)
    GROUP BY octave, digit
  ) AS words
);
COMMENT ON FUNCTION percentile_blocks IS 'A state of the form that has an element for each bucket, in the form of blocks';

CREATE OR REPLACE FUNCTION percentile_state(x double precision[]) RETURNS bigint[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (
  SELECT percentile_blocks(array_agg(code << 44 | n ORDER BY code))
  FROM (SELECT percentile_code(value) AS code, count(*) AS n FROM unnest(x) AS value WHERE value IS NOT NULL GROUP BY 1)
    AS buckets
);

CREATE OR REPLACE FUNCTION percentile_union(a bigint[], b bigint[]) RETURNS bigint[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
  merged bigint[] := '{}';
  place integer := 1;
  other_place integer := 1;
  head bigint;
  other_head bigint;
  digits integer;
  other_digits integer;
  word bigint;
  carry bigint;
BEGIN
  IF a[1] > 262143 THEN a := percentile_blocks(a); END IF;
  IF b[1] > 262143 THEN b := percentile_blocks(b); END IF;
  head := a[1];
  other_head := b[1];
  LOOP
    IF head >> 6 = other_head >> 6 THEN
      digits := head & 63;
      other_digits := other_head & 63;
      carry := 0;
      merged := merged || greatest(head, other_head);
      FOR digit IN 1..least(digits, other_digits) LOOP
        word := a[place + digit] # b[other_place + digit];
        merged := merged || (word # carry);
        carry := (a[place + digit] & b[other_place + digit]) | (word & carry);
      END LOOP;
      FOR digit IN other_digits + 1..digits LOOP
        merged := merged || (a[place + digit] # carry);
        carry := a[place + digit] & carry;
      END LOOP;
      FOR digit IN digits + 1..other_digits LOOP
        merged := merged || (b[other_place + digit] # carry);
        carry := b[other_place + digit] & carry;
      END LOOP;
      place := place + digits + 1;
      other_place := other_place + other_digits + 1;
      IF carry <> 0 THEN
        digits := greatest(digits, other_digits);
        merged[cardinality(merged) - digits] := merged[cardinality(merged) - digits] + 1;
        merged := merged || carry;
      END IF;
      head := a[place];
      other_head := b[other_place];
    ELSIF head < other_head THEN
      FOR i IN place..place + (head & 63)::integer LOOP
        merged := merged || a[i];
      END LOOP;
      place := place + (head & 63) + 1;
      head := a[place];
    ELSIF other_head < head THEN
      FOR i IN other_place..other_place + (other_head & 63)::integer LOOP
        merged := merged || b[i];
      END LOOP;
      other_place := other_place + (other_head & 63) + 1;
      other_head := b[other_place];
    ELSE
      -- One of them is at its end.
      RETURN merged || a[place:] || b[other_place:];
    END IF;
  END LOOP;
END
$$;

-- The middle of the bucket that holds the value of a rank, counted from 0.
CREATE FUNCTION percentile_at(blocks bigint[], rank bigint) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
  place integer := 1;
  head bigint := blocks[1];
  seen bigint := 0;
  n bigint;
  bucket integer := 0;
  width integer := 32;
  size integer;
BEGIN
  LOOP
    IF head IS NULL THEN RETURN NULL; END IF;
    n := 0;
    FOR digit IN 1..(head & 63)::integer LOOP
      n := n + (bit_count(blocks[place + digit]::bit(64)) << digit - 1);
    END LOOP;
    EXIT WHEN seen + n > rank;
    seen := seen + n;
    place := place + (head & 63) + 1;
    head := blocks[place];
  END LOOP;
  -- How many values are in the first half of the buckets that are left.
  WHILE width > 0 LOOP
    n := 0;
    FOR digit IN 1..(head & 63)::integer LOOP
      n := n + (bit_count((blocks[place + digit] >> bucket & (1::bigint << width) - 1)::bit(64)) << digit - 1);
    END LOOP;
    IF seen + n <= rank THEN
      seen := seen + n;
      bucket := bucket + width;
    END IF;
    width := width / 2;
  END LOOP;
  bucket := (head >> 6 << 6) + bucket - 131072;
  size := abs(bucket);
  RETURN CASE
    WHEN size = 0 THEN 0
    WHEN size = 131009 THEN 'NaN'::double precision
    WHEN size = 131008 THEN 'Infinity'::double precision
    ELSE power(2::double precision, size / 64 - 1023)
      * ((64 + size % 64) * (65 + size % 64) / (64.5 + size % 64)::double precision / 64)
  END * CASE WHEN bucket < 0 THEN -1 ELSE 1 END;
END
$$;

CREATE OR REPLACE FUNCTION percentile_estimate(state bigint[], fraction double precision, is_discrete boolean DEFAULT false)
RETURNS double precision
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
  total bigint := 0;
  word bigint;
  digit integer := 0;
  digits integer := 0;
  rank double precision;
  first bigint;
  low double precision;
  high double precision;
BEGIN
  IF state[1] > 262143 THEN state := percentile_blocks(state); END IF;
  FOREACH word IN ARRAY state LOOP
    IF digit = digits THEN
      digits := word & 63;
      digit := 0;
    ELSE
      total := total + (bit_count(word::bit(64)) << digit);
      digit := digit + 1;
    END IF;
  END LOOP;
  IF total = 0 THEN RETURN NULL; END IF;
  IF is_discrete THEN RETURN percentile_at(state, greatest(ceil(fraction * total)::bigint - 1, 0)); END IF;
  rank := fraction * (total - 1);
  first := floor(rank)::bigint;
  low := percentile_at(state, first);
  IF rank - first < 1e-9 THEN RETURN low; END IF;
  high := percentile_at(state, first + 1);
  IF low = high THEN RETURN low; END IF;
  RETURN low * (1 - (rank - first)) + high * (rank - first);
END
$$;

-- Approximate numbers of distinct values -------------------------------------------------------------------
--
-- Half of a set's coupons are of the lowest level, a quarter of the next one, and so on. So a set of more than 32 has the lowest
-- levels as bits, 2048 for each, which merge by Postgres' own `|`: as many levels as leave at most 32 coupons above them. Those
-- follow as a list, as before. In front are 8 bits, the number of levels, by which the form is known: the length of a list
-- is a multiple of 16. Sets of up to 32 are a list.

-- The same set with at least so many levels as bits, and as many more as it has to have.
CREATE FUNCTION approx_count_distinct_levels(state bit varying, lowest integer) RETURNS bit varying
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
  levels integer := 0;
  bits bit varying := '';
  list bit varying := state;
  level bit varying;
  place integer;
  coupon integer;
BEGIN
  -- All 24 levels, as they were stored without their number.
  IF length(state) = 49152 THEN RETURN 24::bit(8) || state; END IF;
  IF length(state) % 16 = 8 THEN
    levels := substring(state, 1, 8)::bit(8)::integer;
    bits := substring(state, 9, levels * 2048);
    list := substring(state, 9 + levels * 2048);
  END IF;
  WHILE levels < lowest OR length(list) > 512 LOOP
    level := repeat('0', 2048)::bit varying;
    place := 0;
    WHILE place < length(list) LOOP
      coupon := substring(list, place + 1, 16)::bit(16)::integer - levels * 2048;
      EXIT WHEN coupon >= 2048;
      level := set_bit(level, coupon, 1);
      place := place + 16;
    END LOOP;
    levels := levels + 1;
    bits := bits || level;
    list := substring(list, place + 1);
  END LOOP;
  RETURN levels::bit(8) || bits || list;
END
$$;

CREATE OR REPLACE FUNCTION approx_count_distinct_insert(state bit varying, coupon integer) RETURNS bit varying
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
  IF state IS NULL THEN RETURN coupon::bit(16); END IF;
  IF length(state) % 16 = 8 AND coupon < substring(state, 1, 8)::bit(8)::integer * 2048 THEN
    RETURN set_bit(state, 8 + coupon, 1);
  END IF;
  RETURN approx_count_distinct_union(state, coupon::bit(16));
END
$$;

CREATE OR REPLACE FUNCTION approx_count_distinct_union(a bit varying, b bit varying) RETURNS bit varying
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
  bits bit varying := '';
  bit_length integer;
  list bit varying := a;
  other_list bit varying := b;
  item bit varying;
  other bit varying;
  place integer := 1;
  other_place integer := 17;
BEGIN
  IF a = b THEN RETURN a; END IF;
  IF length(a) > 512 OR length(b) > 512 THEN
    IF length(a) % 16 = 0 OR length(b) % 16 = 0 OR substring(a, 1, 8) <> substring(b, 1, 8) THEN
      b := approx_count_distinct_levels(b, 0);
      a := approx_count_distinct_levels(a, substring(b, 1, 8)::bit(8)::integer);
      b := approx_count_distinct_levels(b, substring(a, 1, 8)::bit(8)::integer);
    END IF;
    bit_length := 8 + substring(a, 1, 8)::bit(8)::integer * 2048;
    bits := substring(a, 1, bit_length) | substring(b, 1, bit_length);
    list := substring(a, bit_length + 1);
    other_list := substring(b, bit_length + 1);
  END IF;
  other := substring(other_list, 1, 16);
  WHILE place <= length(list) AND other <> '' LOOP
    item := substring(list, place, 16);
    IF other <= item THEN
      IF other < item THEN
        list := substring(list, 1, place - 1) || other || substring(list, place);
      END IF;
      other := substring(other_list, other_place, 16);
      other_place := other_place + 16;
    END IF;
    place := place + 16;
  END LOOP;
  list := list || other || substring(other_list, other_place);
  IF length(list) > 512 THEN RETURN approx_count_distinct_levels(bits || list, 0); END IF;
  RETURN bits || list;
END
$$;

CREATE OR REPLACE FUNCTION approx_count_distinct_estimate(state bit varying) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
  coupons double precision;
  y double precision;
BEGIN
  IF state IS NULL THEN RETURN 0; END IF;
  coupons := CASE
    WHEN length(state) = 49152 THEN bit_count(state)
    WHEN length(state) % 16 = 8 THEN
      bit_count(substring(state, 9, substring(state, 1, 8)::bit(8)::integer * 2048))
        + (length(state) - 8) / 16 - substring(state, 1, 8)::bit(8)::integer * 128
    ELSE length(state) / 16
  END;
  y := coupons / 2048;
  IF coupons >= 10240 THEN RETURN round(2048 * power(2::double precision, y - 0.3327489)); END IF;
  RETURN round(coupons * power(2::double precision, 0.0001145202 + y * (0.2359882 + y * (0.03947006 + y * (-0.01167311
    + y * (0.007650198 + y * (-0.001444257 + y * 0.00008764674)))))));
END
$$;
