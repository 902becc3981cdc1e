-- error: 6:23: = takes operands of one type, not text and integer near "="
-- hint: cast one of them, e.g. …::text
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
WHERE download.status = 1
GROUP BY tumble("timestamp", INTERVAL '1 minute');
