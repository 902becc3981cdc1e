-- error: 6:52: a key cannot be double precision: rounding would split groups near "content.size_gb"
-- hint: cast it to bigint, or group by ranges with CASE
CREATE MATERIALIZED VIEW x AS
SELECT content.size_gb, count(*) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute'), content.size_gb;
