-- Requests are counted by the minute, paths without their queries, and programs apart from people.
-- at: 2026-01-31 12:00:30Z

-- events: requests
-- {"event_time": "2026-01-31T11:59:10Z", "client": "10.0.0.1", "method": "GET", "path": "/", "status": 200, "bytes": 1000,
--  "referrer": null, "user_agent": "Mozilla/5.0"}
-- {"event_time": "2026-01-31T11:59:11Z", "client": "10.0.0.1", "method": "GET", "path": "/a?x=1", "status": 200,
--  "bytes": 3000, "user_agent": "Mozilla/5.0"}
-- {"event_time": "2026-01-31T11:59:12Z", "client": "10.0.0.2", "method": "GET", "path": "/a?x=2", "status": 500,
--  "bytes": 10, "user_agent": "Googlebot/2.1"}
-- {"event_time": "2026-01-31T11:59:13Z", "client": "10.0.0.3", "method": "GET", "path": "/b", "status": 404, "bytes": 20}

-- rows:
SELECT requests, server_errors, client_errors, bot_requests, bytes, error_rate FROM site_minutes;
-- {"requests": 4, "server_errors": 1, "client_errors": 1, "bot_requests": 1, "bytes": 4030, "error_rate": 0.25}

-- rows:
SELECT client, requests, window_start, worst_status FROM visits ORDER BY client;
-- {"client": "10.0.0.1", "requests": 2, "window_start": "2026-01-31 11:59:10Z", "worst_status": 200}
-- {"client": "10.0.0.2", "requests": 1}
-- {"client": "10.0.0.3", "requests": 1, "worst_status": 404}

-- get: /summary
-- {"requests": 4, "server_errors": 1, "client_errors": 1, "bytes": 4030, "visitors": 3}

-- get: /paths/top?limit=1
-- {"count": 1, "data": [{"path": "/a", "requests": 2}]}

-- get: /traffic
-- {"count": 1, "data": [{"requests": 4}]}

-- at: 2026-01-31 12:02:00Z
-- alerts:
