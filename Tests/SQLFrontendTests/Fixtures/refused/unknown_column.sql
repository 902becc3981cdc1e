-- error: 6:52: the stream has no field "user".regoin near "user".regoin
-- hint: did you mean "user".region?
CREATE MATERIALIZED VIEW x AS
SELECT "user".regoin, count(*) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute'), "user".regoin;
