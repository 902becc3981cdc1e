-- error: 5:52: GROUP BY holds more than one window near "tumble("timestamp","
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute'), tumble("timestamp", INTERVAL '1 hour');
