-- error: 6:17: ANY and ALL are not supported near "="
-- hint: write IN (…)
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
WHERE extra.big = ANY (ARRAY[1])
GROUP BY tumble("timestamp", INTERVAL '1 minute');
