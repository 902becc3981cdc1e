-- error: 6:40: months and years have no fixed length near "'1 month'"
-- hint: write the length in days or weeks, e.g. '30 days'
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
GROUP BY session("timestamp", INTERVAL '1 month');
