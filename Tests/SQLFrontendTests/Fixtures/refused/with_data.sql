-- error: 7:1: WITH DATA has no meaning here near "WITH"
-- hint: leave it out
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute')
WITH DATA;
