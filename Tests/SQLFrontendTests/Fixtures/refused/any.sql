-- error: 6:17: ANY and ALL take a constant array near "="
-- hint: write = ANY (ARRAY['a', 'b']), = ANY ('{a,b}') or IN ('a', 'b')
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
WHERE extra.big = ANY (extra.tags)
GROUP BY tumble("timestamp", INTERVAL '1 minute');
