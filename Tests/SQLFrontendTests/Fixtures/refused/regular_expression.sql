-- error: 6:21: the operator ~ is not supported near "~"
-- hint: operators are + - * / % = <> < <= > >= AND OR NOT
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
WHERE content.title ~ 'A'
GROUP BY tumble("timestamp", INTERVAL '1 minute');
