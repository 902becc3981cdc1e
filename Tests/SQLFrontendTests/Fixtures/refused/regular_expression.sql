-- error: 6:23: the escape \1 is not supported near "'(A)\1'"
-- hint: regular expressions here have . [a-z] [^a] \d \s \w ^ $ ( | ) * + ? {m,n}
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
WHERE content.title ~ '(A)\1'
GROUP BY tumble("timestamp", INTERVAL '1 minute');
