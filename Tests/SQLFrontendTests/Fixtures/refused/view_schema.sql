-- error: 3:13: a schema is not supported here near "public.x"
-- hint: write the bare name
CREATE VIEW public.x AS SELECT region FROM region_health;
