-- error: 2:56: option "retention" is given twice near "retention"
CREATE MATERIALIZED VIEW x WITH (retention = '7 days', retention = '8 days') AS
SELECT count(*) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute');
