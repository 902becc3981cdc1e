-- error: 3:57: partition is for windows of one length: neither sessions nor windows of a calendar have it near "partition"
-- hint: leave it out
CREATE MATERIALIZED VIEW x WITH (retention = '30 days', partition = '1 day') AS
SELECT count(*) AS n FROM content_downloads GROUP BY session("timestamp", INTERVAL '1 minute');
