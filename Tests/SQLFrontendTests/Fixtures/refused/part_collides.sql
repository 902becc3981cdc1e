-- error: 4:8: a part of speed is stored as speed_sum, and another column is called so near "avg(download.speed_mbps)"
-- hint: rename one of them with AS
CREATE MATERIALIZED VIEW x AS
SELECT avg(download.speed_mbps) AS speed, count(*) AS speed_sum
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute');
