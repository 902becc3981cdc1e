-- error: 4:27: GROUP BY names no window of time near "content_downloads"
-- hint: write GROUP BY tumble("timestamp", INTERVAL '1 minute'), …
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n FROM content_downloads;
