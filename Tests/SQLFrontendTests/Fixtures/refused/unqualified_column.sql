-- error: 6:7: the stream has no field region near "region"
-- hint: did you mean "user".region?
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
WHERE region = 'Tokyo'
GROUP BY tumble("timestamp", INTERVAL '1 minute');
