-- error: 3:34: option "retention": months and years have no fixed length near "retention"
-- hint: write the length in days or weeks, e.g. '30 days'
CREATE MATERIALIZED VIEW x WITH (retention = '2 months') AS
SELECT count(*) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute');
