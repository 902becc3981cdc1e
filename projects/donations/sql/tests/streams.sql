-- A live stream has its viewers, messages and donations by the minute, and leads by any of them.
-- at: 2026-01-31 12:00:30Z

-- events: stream_events
-- {"event_id": "00000000-0000-0000-0000-000000000001", "stream_id": "s1", "type": "view",
--  "timestamp": "2026-01-31T11:59:10Z", "user_id": "u1", "viewers": 10, "message": null, "amount_usd": null}
-- {"event_id": "00000000-0000-0000-0000-000000000002", "stream_id": "s1", "type": "chat",
--  "timestamp": "2026-01-31T11:59:11Z", "user_id": "u1", "viewers": 12, "message": "hi"}
-- {"event_id": "00000000-0000-0000-0000-000000000003", "stream_id": "s1", "type": "donation",
--  "timestamp": "2026-01-31T11:59:12Z", "user_id": "u2", "viewers": 11, "message": "thanks", "amount_usd": 600.25}
-- {"event_id": "00000000-0000-0000-0000-000000000004", "stream_id": "s2", "type": "chat",
--  "timestamp": "2026-01-31T11:59:12Z", "user_id": "u3", "viewers": 90, "message": "hello"}

-- rows:
SELECT stream_id, viewers, peak_viewers, chat_messages, donations, donations_usd, active_users
FROM stream_minutes ORDER BY stream_id;
-- {"stream_id": "s1", "viewers": 11, "peak_viewers": 12, "chat_messages": 1, "donations": 1, "donations_usd": 600.25,
--  "active_users": 2}
-- {"stream_id": "s2", "viewers": 90, "peak_viewers": 90, "chat_messages": 1, "donations": 0, "donations_usd": 0}

-- get: /streams/top?minutes=10&by=donations_usd&n=1
-- {"count": 1, "by": "donations_usd", "data": [{"stream_id": "s1", "donations_usd": 600.25, "viewers": 12, "messages": 1}]}

-- get: /streams/top?minutes=10&by=viewers&n=1
-- {"count": 1, "data": [{"stream_id": "s2", "viewers": 90}]}

-- get: /metrics?minutes=10&limit=5
-- {"count": 2}

-- at: 2026-01-31 12:02:00Z
-- alerts:
-- {"alert_type": "LARGE_DONATIONS", "severity": "INFO", "key": {"stream_id": "s1"}, "metric_value": 600.25}
