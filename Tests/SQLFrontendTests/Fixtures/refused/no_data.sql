-- error: 7:6: WITH NO DATA has no meaning here near "NO"
-- hint: leave it out
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute')
WITH NO DATA;
