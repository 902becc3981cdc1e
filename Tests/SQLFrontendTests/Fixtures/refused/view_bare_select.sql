-- error: 3:1: a view is not defined like this near "SELECT"
-- hint: write CREATE VIEW name AS SELECT … FROM aggregate;
SELECT region FROM region_health;
