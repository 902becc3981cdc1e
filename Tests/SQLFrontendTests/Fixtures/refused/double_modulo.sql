-- error: 6:23: % does not take double precision near "%"
-- hint: cast to bigint
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
WHERE content.size_gb % 2 = 1
GROUP BY tumble("timestamp", INTERVAL '1 minute');
