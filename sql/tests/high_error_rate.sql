-- Too many failures of a region raise an alert when the minute has ended, and only one.
-- at: 2026-01-31 12:00:30Z

-- events: content_downloads high_error_rate.jsonl

-- Five downloads of each region, of which one of Tokyo's and none of Paris' have failed: nothing while the window is open.
-- alerts:

-- at: 2026-01-31 12:02:00Z
-- alerts:
-- {"alert_type": "HIGH_ERROR_RATE", "severity": "CRITICAL", "key": {"region": "JP-Tokyo"}, "metric_value": 0.2,
--  "threshold_value": 0.15, "window_start": "2026-01-31 12:00:00Z",
--  "message": "Error rate in JP-Tokyo is 20.0 % over 5 downloads (threshold 15.0 %)"}

-- at: +1 hour
-- alerts:

-- rows:
SELECT state, windows, peak_value, resolved_at FROM alerts;
-- {"state": "resolved", "windows": 1, "peak_value": 0.2, "resolved_at": "2026-01-31 12:02:00Z"}

-- get: /api/stats/alerts?severity=CRITICAL
-- {"count": 1}
