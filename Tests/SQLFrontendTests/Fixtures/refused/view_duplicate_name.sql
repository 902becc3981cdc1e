-- error: 3:33: two columns are called region near "r.region"
-- hint: write AS and another name behind one of them
CREATE VIEW x AS SELECT region, r.region FROM region_health AS r;
