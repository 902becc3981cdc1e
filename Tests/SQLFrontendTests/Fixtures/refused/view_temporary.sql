-- error: 3:18: ONLY, TEMPORARY and UNLOGGED are not supported near "x"
-- hint: write the bare name
CREATE TEMP VIEW x AS SELECT region FROM region_health;
