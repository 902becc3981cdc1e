-- error: 6:21: LIKE and its kin are not supported yet near "LIKE"
-- hint: compare with = or IN (…)
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
WHERE content.title LIKE 'A%'
GROUP BY tumble("timestamp", INTERVAL '1 minute');
