-- error: 3:13: there is an aggregate region_health already near "region_health"
-- hint: give it another name
CREATE VIEW region_health AS SELECT device_type FROM device_stats;
