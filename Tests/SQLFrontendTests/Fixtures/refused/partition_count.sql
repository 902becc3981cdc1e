-- error: 3:60: the retention has more than 400 partitions near "partition"
-- hint: let each of them be longer
CREATE MATERIALIZED VIEW x WITH (retention = '36500 days', partition = '1 day') AS
SELECT count(*) AS n FROM content_downloads GROUP BY tumble("timestamp", INTERVAL '1 minute');
