-- error: 4:31: FILTER wants a condition (boolean), not bigint near "extra.big"
-- hint: compare it with something: extra.big = …
CREATE MATERIALIZED VIEW x AS
SELECT count(*) FILTER (WHERE extra.big) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute');
