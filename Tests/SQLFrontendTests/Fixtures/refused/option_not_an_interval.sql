-- error: 3:34: option "retention": not an interval: 'a while' near "retention"
-- hint: write it like '5 seconds', '1 minute 30 seconds', '00:05:00' or '7 days'
CREATE MATERIALIZED VIEW x WITH (retention = 'a while') AS
SELECT count(*) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute');
