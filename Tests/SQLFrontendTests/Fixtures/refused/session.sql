-- error: 6:52: a session may be no longer than the gap that ends it near "INTERVAL"
-- hint: the first interval is the gap, the second the longest that a session may be: write session("timestamp", INTERVAL '30 minutes', INTERVAL '4 hours')
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
GROUP BY session("timestamp", INTERVAL '1 minute', INTERVAL '60 seconds');
