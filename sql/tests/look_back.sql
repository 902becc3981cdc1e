-- A steady load of six downloads a minute reads steady at any second of a minute, in every look-back.
-- at: 2026-01-31 12:00:00Z

-- events: content_downloads look_back.jsonl

-- at: 2026-01-31 12:00:08Z
-- get: /api/stats/realtime?minutes=1
-- {"total_downloads": 6, "unique_content": 3, "downloads_per_minute": 6, "running": {"total_downloads": 6}}
-- get: /api/stats/realtime?minutes=3
-- {"total_downloads": 18, "downloads_per_minute": 6}
-- get: /api/stats/regions?minutes=3
-- {"count": 2, "data": [{"region": "FR-Paris", "downloads": 9}, {"region": "JP-Tokyo", "downloads": 9}]}
-- get: /api/stats/timeseries?minutes=2
-- {"data": [{"window_start": "2026-01-31T11:57:00Z", "total_downloads": 6, "running": false},
--  {"window_start": "2026-01-31T11:58:00Z", "running": false}, {"window_start": "2026-01-31T11:59:00Z", "running": true}]}

-- at: 2026-01-31 12:00:52Z
-- get: /api/stats/realtime?minutes=1
-- {"total_downloads": 6}
-- get: /api/stats/realtime?minutes=3
-- {"total_downloads": 18}

-- The minute that ran is over.
-- at: 2026-01-31 12:01:02Z
-- get: /api/stats/realtime?minutes=1
-- {"total_downloads": 6, "running": {"total_downloads": 0}}
-- get: /api/stats/trending?minutes=3
-- {"data": [{"total_downloads": 6}, {"total_downloads": 6}, {"total_downloads": 6}]}
-- get: /api/stats/devices?minutes=3
-- {"data": [{"device": "iPhone (iOS 17.2)", "total_downloads": 18}]}
