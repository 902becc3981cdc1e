-- error: 3:13: a view has no options here near "x"
-- hint: leave WITH (…) out
CREATE VIEW x WITH (security_barrier) AS SELECT region FROM region_health;
