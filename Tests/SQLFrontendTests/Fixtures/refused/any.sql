-- error: 5:24: an array is not supported near "ARRAY[1]"
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
WHERE extra.big = ANY (ARRAY[1])
GROUP BY tumble("timestamp", INTERVAL '1 minute');
