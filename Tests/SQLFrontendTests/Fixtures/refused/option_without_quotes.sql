-- error: 3:34: option "retention" needs a quoted value near "retention"
-- hint: write retention = '…'
CREATE MATERIALIZED VIEW x WITH (retention = 7) AS
SELECT count(*) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute');
