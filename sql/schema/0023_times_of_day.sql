-- 24:00, which is a time of day to Postgres, as the name of a value: a sum would begin a new day.

CREATE OR REPLACE FUNCTION frequencies_value(name text, sample time without time zone) RETURNS time without time zone
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE name WHEN '86400000000' THEN TIME '24:00' ELSE TIME '00:00' + name::bigint * INTERVAL '1 microsecond' END;
