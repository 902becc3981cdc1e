-- error: 3:13: a list of column names is not supported near "x"
-- hint: name the columns with AS
CREATE VIEW x (a) AS SELECT region FROM region_health;
