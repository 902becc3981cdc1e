-- One error code that makes most of a region's failures for two minutes raises an alert, also where the error rate does
-- not; where it does, both are one incident.
-- at: 2026-01-31 12:00:30Z

-- Of Berlin's 112 downloads a minute 11 fail, of which 10 by one code; of Paris' 30 it fails 12. Of Tokyo's 30 fail 8 by
-- two codes that are equally frequent.
-- events: content_downloads cdn_failure.jsonl

-- rows:
SELECT region, error_code, failed_downloads FROM region_errors
WHERE window_start = '2026-01-31 12:00:00Z' ORDER BY region, error_code;
-- {"region": "DE-Berlin", "error_code": "CDN_TIMEOUT", "failed_downloads": 10}
-- {"region": "DE-Berlin", "error_code": "STORAGE_FULL", "failed_downloads": 1}
-- {"region": "FR-Paris", "error_code": "CDN_TIMEOUT", "failed_downloads": 12}
-- {"region": "JP-Tokyo", "error_code": "CDN_TIMEOUT", "failed_downloads": 4}
-- {"region": "JP-Tokyo", "error_code": "STORAGE_FULL", "failed_downloads": 4}

-- at: 2026-01-31 12:03:00Z
-- rows:
SELECT alert_type, key, severity, windows, message FROM alerts ORDER BY alert_type, key ->> 'region';
-- {"alert_type": "CDN_FAILURE", "key": {"region": "DE-Berlin", "error_code": "CDN_TIMEOUT"}, "severity": "WARNING",
--  "windows": 2, "message": "CDN_TIMEOUT fails 8.9 % of the downloads in DE-Berlin (10 of them)"}
-- {"alert_type": "CDN_FAILURE", "key": {"region": "FR-Paris", "error_code": "CDN_TIMEOUT"}, "severity": "CRITICAL",
--  "windows": 2}
-- {"alert_type": "HIGH_ERROR_RATE", "key": {"region": "FR-Paris"}, "severity": "CRITICAL", "windows": 2}
-- {"alert_type": "HIGH_ERROR_RATE", "key": {"region": "JP-Tokyo"}, "severity": "CRITICAL", "windows": 2}

-- rows:
SELECT count(DISTINCT incident) AS incidents FROM alerts WHERE key ->> 'region' = 'FR-Paris';
-- {"incidents": 1}
