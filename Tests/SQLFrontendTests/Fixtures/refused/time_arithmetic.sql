-- error: 6:33: = takes operands of one type, not interval and integer near "="
-- hint: compare an interval with INTERVAL '1 hour', or write its seconds: extract(epoch FROM …)
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
WHERE "timestamp" - "timestamp" = 1
GROUP BY tumble("timestamp", INTERVAL '1 minute');
