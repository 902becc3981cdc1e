-- error: 5:18: timestamp with time zone cannot be cast to text near "::text"
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
WHERE "timestamp"::text = ''
GROUP BY tumble("timestamp", INTERVAL '1 minute');
