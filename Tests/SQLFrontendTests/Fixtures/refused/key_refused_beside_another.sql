-- error: 4:29: a key cannot be jsonb near "->"
-- hint: cast it to text
CREATE MATERIALIZED VIEW x AS
SELECT event_id, extra.tags -> 'a' AS k, count(*) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute'), event_id, k;
