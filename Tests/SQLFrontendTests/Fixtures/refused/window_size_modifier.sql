-- error: 6:30: a type with a modifier is not supported near "INTERVAL"
-- hint: write the unit inside of the quotes: INTERVAL '5 minutes'
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '5' MINUTE);
