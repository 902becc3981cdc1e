-- error: 4:12: a window is not allowed here near "tumble("timestamp","
-- hint: tumble(…) stands in GROUP BY, and alone in SELECT
CREATE MATERIALIZED VIEW x AS
SELECT max(tumble("timestamp", INTERVAL '1 minute')) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute');
