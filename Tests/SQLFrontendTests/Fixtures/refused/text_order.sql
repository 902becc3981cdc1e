-- error: 6:23: > of text needs COLLATE "C": text is ordered by bytes here near ">"
-- hint: write download.status COLLATE "C" > …, or compare with = or <>
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
WHERE download.status > 'a'
GROUP BY tumble("timestamp", INTERVAL '1 minute');
