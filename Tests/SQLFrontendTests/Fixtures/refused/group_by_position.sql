-- error: 5:52: GROUP BY position 7 is not in the SELECT list near "7"
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute'), 7;
