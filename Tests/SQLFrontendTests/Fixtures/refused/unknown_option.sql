-- error: 3:34: there is no option "retentoin" near "retentoin"
-- hint: did you mean retention? options are retention, allowed_lateness, late, partition
CREATE MATERIALIZED VIEW x WITH (retentoin = '7 days') AS
SELECT count(*) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute');
