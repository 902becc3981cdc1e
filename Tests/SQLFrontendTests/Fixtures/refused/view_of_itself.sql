-- error: 3:41: the view x reads itself near "x"
-- hint: read an aggregate or another view; a table of another schema is written with it
CREATE VIEW x AS SELECT n + 1 AS n FROM x;
