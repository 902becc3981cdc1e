-- error: 4:8: there is no function summ near "summ(download.duration_seconds)"
-- hint: did you mean sum?
CREATE MATERIALIZED VIEW x AS
SELECT summ(download.duration_seconds) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute');
