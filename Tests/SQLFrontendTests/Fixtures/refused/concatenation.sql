-- error: 6:21: || is not supported yet near "||"
-- hint: group by the parts as keys of their own
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
WHERE content.title || 'a' = 'b'
GROUP BY tumble("timestamp", INTERVAL '1 minute');
