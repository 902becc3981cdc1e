-- A region's row has all of its downloads, and late ones too.
-- at: 2026-01-31 12:00:00Z

-- events: content_downloads
-- {"timestamp": "2026-01-31T11:59:40Z", "user": {"region": "JP-Tokyo", "device_type": "iPhone", "os_version": "iOS 17.2"},
--  "content": {"content_id": "mov_dune_2", "title": "Dune", "size_gb": 4.5},
--  "download": {"status": "success", "duration_seconds": 60, "speed_mbps": 600}}
-- {"timestamp": "2026-01-31T11:59:50Z", "user": {"region": "JP-Tokyo", "device_type": "iPhone", "os_version": "iOS 17.2"},
--  "content": {"content_id": "mov_dune_2", "title": "Dune", "size_gb": 1.5},
--  "download": {"status": "failed", "duration_seconds": 20, "speed_mbps": 50}}

-- rows:
SELECT region, window_start, total_downloads, failed_downloads, success_rate, avg_speed_mbps, avg_duration_seconds,
       total_size_gb
FROM region_health;
-- {"region": "JP-Tokyo", "window_start": "2026-01-31 11:59:00Z", "total_downloads": 2, "failed_downloads": 1,
--  "success_rate": 0.5, "avg_speed_mbps": 600, "avg_duration_seconds": 40, "total_size_gb": 6}

-- at: +10 minutes
-- events: content_downloads
-- {"timestamp": "2026-01-31T11:59:59Z", "user": {"region": "JP-Tokyo", "device_type": "iPhone", "os_version": "iOS 17.2"},
--  "content": {"content_id": "mov_dune_2", "title": "Dune", "size_gb": 2},
--  "download": {"status": "cancelled", "duration_seconds": 40, "speed_mbps": 100}}

-- rows:
SELECT total_downloads, failed_downloads, total_size_gb FROM region_health;
-- {"total_downloads": 3, "failed_downloads": 1, "total_size_gb": 8}

-- get: /api/stats/regions?minutes=30
-- {"count": 1, "window_minutes": 30,
--  "data": [{"region": "JP-Tokyo", "downloads": 3, "avg_speed": 600, "health_status": "critical"}]}

-- The window has grown older than the five minutes that are asked for when nobody says otherwise.
-- get: /api/stats/regions
-- {"count": 0, "data": []}

-- get: /api/stats/regions?minutes=0 400
