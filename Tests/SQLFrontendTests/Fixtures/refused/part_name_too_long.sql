-- error: 4:8: the column name aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa_sum is longer than 63 bytes near "avg(download.speed_mbps)"
-- hint: give the result a shorter name with AS
CREATE MATERIALIZED VIEW x AS
SELECT avg(download.speed_mbps) AS aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute');
