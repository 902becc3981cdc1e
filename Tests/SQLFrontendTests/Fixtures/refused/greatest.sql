-- error: 6:7: GREATEST and LEAST are not supported yet near "GREATEST(extra.big,"
-- hint: write CASE WHEN a > b THEN a …
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
WHERE GREATEST(extra.big, 1) = 1
GROUP BY tumble("timestamp", INTERVAL '1 minute');
