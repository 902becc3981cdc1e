-- error: 6:10: session takes the event time, the gap that ends a session, and the longest that one may be where it has a bound near "session("timestamp")"
-- hint: write session("timestamp", INTERVAL '30 minutes')
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
GROUP BY session("timestamp");
