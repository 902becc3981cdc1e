-- error: 6:21: || does not take text and timestamptz near "||"
-- hint: it is text || text
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
WHERE content.title || "timestamp" = 'b'
GROUP BY tumble("timestamp", INTERVAL '1 minute');
