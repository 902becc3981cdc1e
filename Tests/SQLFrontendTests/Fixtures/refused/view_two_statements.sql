-- error: 4:1: the file contains more than one statement near "CREATE"
-- hint: a definition file holds one statement; give the others files of their own
CREATE VIEW x AS SELECT region FROM region_health;
CREATE VIEW y AS SELECT region FROM x;
