-- error: 6:22: AND wants a condition (boolean), not bigint near "extra.big"
-- hint: compare it with something, e.g. … = 'success'
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
WHERE extra.flag AND extra.big
GROUP BY tumble("timestamp", INTERVAL '1 minute');
