-- error: 6:39: a window is of whole months, or of a fixed length, and not of both together near "'1 month 2 days'"
-- hint: write INTERVAL '1 month', or INTERVAL '30 days'
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 month 2 days');
