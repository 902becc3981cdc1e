-- error: 4:12: DELETE is not allowed here near "DELETE"
-- hint: the statement may only read
CREATE VIEW x AS
WITH d AS (DELETE FROM region_health RETURNING region) SELECT region FROM d;
