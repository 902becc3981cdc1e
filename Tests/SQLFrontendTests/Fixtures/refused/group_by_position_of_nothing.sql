-- error: 5:52: GROUP BY position 1 is not in the SELECT list near "1"
CREATE MATERIALIZED VIEW x AS
SELECT
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute'), 1;
