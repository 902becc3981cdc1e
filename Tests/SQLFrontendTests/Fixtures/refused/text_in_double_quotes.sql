-- error: 4:64: the stream has no field failed near "failed"
-- hint: names stand in double quotes, texts in single ones: 'failed'
CREATE MATERIALIZED VIEW x AS
SELECT "user".region, count(*) FILTER (WHERE download.status = "failed") AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute'), "user".region;
