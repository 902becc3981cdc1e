-- error: 3:34: partition without retention: partitions would become more and more near "partition"
-- hint: say how long windows are kept, e.g. retention = '90 days'
CREATE MATERIALIZED VIEW x WITH (partition = '1 day') AS
SELECT count(*) AS n FROM content_downloads GROUP BY tumble("timestamp", INTERVAL '1 minute');
