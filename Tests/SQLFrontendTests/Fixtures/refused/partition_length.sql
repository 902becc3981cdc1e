-- error: 3:57: a partition is a whole number of hours and of windows near "partition"
-- hint: write it like '1 day'
CREATE MATERIALIZED VIEW x WITH (retention = '30 days', partition = '90 minutes') AS
SELECT count(*) AS n FROM content_downloads GROUP BY tumble("timestamp", INTERVAL '1 minute');
