-- error: 3:24: OR REPLACE has no meaning here near "x"
-- hint: leave it out: a changed view is made anew
CREATE OR REPLACE VIEW x AS SELECT region FROM region_health;
