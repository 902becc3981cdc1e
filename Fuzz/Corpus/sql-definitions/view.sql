-- Regions by the hour of event time.
CREATE VIEW region_hours AS
WITH RECURSIVE hours AS (SELECT 0 AS hour UNION ALL SELECT hour + 1 FROM hours WHERE hour < 23)
SELECT r.region,
       -- Which hour.
       h.hour, sum(r.total_downloads)::bigint AS downloads
FROM region_health AS r JOIN hours AS h ON h.hour = extract(hour FROM r.window_start)
WHERE EXISTS (SELECT FROM device_stats AS d WHERE d.window_start = r.window_start)
GROUP BY 1, 2;
