-- error: 5:11: ONLY, TEMPORARY and UNLOGGED are not supported near "content_downloads"
-- hint: write the bare name
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM ONLY content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute');
