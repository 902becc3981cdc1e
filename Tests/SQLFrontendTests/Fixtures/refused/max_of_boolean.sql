-- error: 4:8: max takes a number, a time, a uuid or text, not boolean near "max(extra.flag)"
-- hint: write bool_or(…)
CREATE MATERIALIZED VIEW x AS
SELECT max(extra.flag) AS f
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute');
