-- error: 6:22: AND wants a condition (boolean), not bigint near "extra.big"
-- hint: compare it with something: extra.big = …
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
WHERE extra.flag AND extra.big
GROUP BY tumble("timestamp", INTERVAL '1 minute');
