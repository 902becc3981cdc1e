-- A region of which nothing comes any more raises an alert after three minutes, and so does the stream; all of it is one
-- incident.
-- at: 2026-01-31 12:18:00Z

-- Six downloads of Paris and of Tokyo in every minute; of Tokyo none from 12:13 on.
-- events: content_downloads no_data.jsonl
-- at: +70 seconds
-- alerts:
-- {"alert_type": "TRAFFIC_DROP", "key": {"region": "JP-Tokyo"}, "metric_value": 0, "expected_value": 6,
--  "message": "0 downloads a minute in JP-Tokyo, where 6 are usual"}
-- {"alert_type": "NO_DATA", "severity": "WARNING", "key": {"region": "JP-Tokyo"}, "metric_value": 0, "threshold_value": 3,
--  "state": "firing", "message": "No downloads in JP-Tokyo for 3 minutes"}

-- Nobody downloads anything for a quarter of an hour.
-- at: +15 minutes
-- rows:
SELECT key, severity, state, message FROM alerts WHERE alert_type = 'NO_DATA' AND key = '{}';
-- {"key": {}, "severity": "CRITICAL", "state": "firing", "message": "No downloads in the whole stream for 10 minutes"}

-- rows:
SELECT count(DISTINCT incident) AS incidents FROM alerts;
-- {"incidents": 1}
