-- error: 2:13: the name alerts is taken: a table or index of StreamPulse's own is called so near "alerts"
CREATE VIEW alerts AS SELECT region FROM region_health;
