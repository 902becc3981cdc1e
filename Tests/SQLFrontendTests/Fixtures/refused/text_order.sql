-- error: 6:23: > does not take text near ">"
-- hint: text is compared with = and <> only; the order of text depends on the collation
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
WHERE download.status > 'a'
GROUP BY tumble("timestamp", INTERVAL '1 minute');
