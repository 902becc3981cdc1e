-- error: 3:8: max takes a number, a time or text, not boolean near "max(extra.flag)"
CREATE MATERIALIZED VIEW x AS
SELECT max(extra.flag) AS f
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute');
