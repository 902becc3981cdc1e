-- error: 6:18: arrays are not supported near "int[]"
-- hint: write the constants of = ANY as '{a,b}', or as ARRAY['a', 'b']
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
WHERE extra.big::int[] = 1
GROUP BY tumble("timestamp", INTERVAL '1 minute');
