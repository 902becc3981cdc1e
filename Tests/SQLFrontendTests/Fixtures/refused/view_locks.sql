-- error: 3:56: FOR UPDATE and its kin are not allowed here near "FOR"
-- hint: the statement may only read
CREATE VIEW x AS SELECT region FROM region_health AS r FOR UPDATE;
