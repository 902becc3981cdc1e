-- error: 6:18: not a valid uuid near "'abc'"
-- hint: write its 36 characters
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
WHERE extra.id = 'abc'
GROUP BY tumble("timestamp", INTERVAL '1 minute');
