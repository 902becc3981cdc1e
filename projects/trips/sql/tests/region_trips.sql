-- Trips of a region are counted in their minute, late ones too; what is no trip is a dead letter or filtered.
-- at: 2026-01-31 12:00:30Z

-- events: trips
-- {"trip_id": "t1", "region_id": 3, "event_time": "2026-01-31T11:59:10Z", "fare": 20.00, "duration": 600, "distance": 8}
-- {"trip_id": "t2", "region_id": 3, "event_time": "2026-01-31T11:59:50Z", "fare": 30.50, "duration": 1200, "distance": 12}
-- {"trip_id": "t3", "region_id": 3, "event_time": "2026-01-31T11:59:55Z", "fare": -10, "duration": 1200, "distance": 12}
-- {"trip_id": "t4", "region_id": "INVALID", "event_time": "2026-01-31T11:59:55Z", "fare": 1, "duration": 2, "distance": 3}

-- rows:
SELECT region_id, trip_count, total_fare, avg_fare, avg_duration, avg_distance FROM region_trips;
-- {"region_id": 3, "trip_count": 2, "total_fare": 50.50, "avg_fare": 25.25, "avg_duration": 900, "avg_distance": 10}

-- dead_letters:
-- {"code": "DATATYPE_MISMATCH", "stream": "trips"}

-- Four minutes late is in time.
-- at: 2026-01-31 12:03:30Z
-- events: trips
-- {"trip_id": "t5", "region_id": 3, "event_time": "2026-01-31T11:59:20Z", "fare": 10.00, "duration": 300, "distance": 4}

-- rows:
SELECT trip_count, total_fare FROM region_trips;
-- {"trip_count": 3, "total_fare": 60.50}

-- rows:
SELECT window_start, trip_count, total_fare FROM city_trips;
-- {"window_start": "2026-01-31 11:00:00Z", "trip_count": 3, "total_fare": 60.50}

-- get: /metrics/region/3?window=5m
-- {"region_id": 3, "window": "5m", "trip_count": 3, "avg_fare": 20.17}

-- get: /metrics/region/3?window=1m
-- {"region_id": 3, "trip_count": 0, "avg_fare": null}

-- get: /metrics/regions/top?by=fares&limit=1
-- {"count": 1, "by": "fares", "data": [{"region_id": 3, "trips": 3, "fares": 60.50, "avg_fare": 20.17, "distance": 24}]}

-- get: /metrics/region/3/timeline?minutes=10
-- {"count": 1, "region_id": 3, "data": [{"window_start": "2026-01-31T11:59:00+00:00", "trip_count": 3}]}

-- get: /metrics/regions/top?by=luck 400
