-- error: 5:32: there is no function summ near "summ(1)"
-- hint: did you mean sum?
-- Größe, naïve ✓ 東京 🎬
CREATE MATERIALIZED VIEW x AS
SELECT /* 東京 */ count(*) AS n, summ(1) AS m
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute');
