-- A series has a row a minute, windows of five minutes, and a burst while it is hot.
-- at: 2026-01-31 12:00:30Z

-- events: measurements
-- {"metric_id": "web-1/cpu_usage_percent", "name": "cpu_usage_percent", "timestamp": "2026-01-31T11:59:10Z",
--  "value": 90, "tags": {"host": "web-1", "service": "web"}}
-- {"metric_id": "web-1/cpu_usage_percent", "name": "cpu_usage_percent", "timestamp": "2026-01-31T11:59:20Z",
--  "value": 96, "tags": {"host": "web-1", "service": "web"}}
-- {"metric_id": "web-1/cpu_usage_percent", "name": "cpu_usage_percent", "timestamp": "2026-01-31T11:59:30Z",
--  "value": 84, "tags": {"host": "web-1", "service": "web"}}

-- rows:
SELECT metric_id, host, measurements, mean, lowest, highest, spread FROM series_minutes;
-- {"metric_id": "web-1/cpu_usage_percent", "host": "web-1", "measurements": 3, "mean": 90, "lowest": 84, "highest": 96,
--  "spread": 6}

-- rows:
SELECT count(*), min(mean), max(mean) FROM series_five_minutes;
-- {"count": 5, "min": 90, "max": 90}

-- rows:
SELECT host, window_start, window_end, measurements FROM bursts;
-- {"host": "web-1", "window_start": "2026-01-31 11:59:10Z", "window_end": "2026-01-31 12:01:30Z", "measurements": 3}

-- The minute has closed: it was hot.
-- at: 2026-01-31 12:02:00Z
-- alerts:
-- {"alert_type": "HOT_PROCESSOR", "severity": "WARNING", "metric_value": 90, "window_start": "2026-01-31 11:59:00Z"}

-- get: /metrics?start=2026-01-31T11:00:00Z&end=2026-01-31T13:00:00%2B01:00&metric=cpu_usage_percent
-- {"count": 1, "data": [{"metric_id": "web-1/cpu_usage_percent", "mean": 90}]}

-- get: /metrics?start=yesterday 400

-- get: /metrics/bursts
-- {"count": 1, "data": [{"host": "web-1", "seconds": 140, "measurements": 3, "highest": 96}]}
