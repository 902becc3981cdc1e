-- error: 2:18: ONLY, TEMPORARY and UNLOGGED are not supported near "x"
CREATE TEMP VIEW x AS SELECT region FROM region_health;
