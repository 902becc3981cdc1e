-- error: 6:21: regular expressions (~) are not supported near "~"
-- hint: write LIKE 'start%', ILIKE, starts_with(…), split_part(…) or IN (…)
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
WHERE content.title ~ 'A'
GROUP BY tumble("timestamp", INTERVAL '1 minute');
