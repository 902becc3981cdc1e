-- error: 5:52: a key cannot be bytea near "extra.raw"
CREATE MATERIALIZED VIEW x AS
SELECT extra.raw, count(*) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute'), extra.raw;
