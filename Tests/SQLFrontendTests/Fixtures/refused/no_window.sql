-- error: 5:10: GROUP BY names no window of time near "user".region
-- hint: write GROUP BY tumble("timestamp", INTERVAL '1 minute'), …
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n FROM content_downloads
GROUP BY "user".region;
