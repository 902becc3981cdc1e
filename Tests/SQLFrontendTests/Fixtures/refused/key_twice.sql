-- error: 3:23: the key is selected already, as region near "user".region
CREATE MATERIALIZED VIEW x AS
SELECT "user".region, "user".region AS again, count(*) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute'), "user".region;
