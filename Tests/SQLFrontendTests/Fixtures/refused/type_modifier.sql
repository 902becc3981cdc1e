-- error: 6:22: a type with a modifier is not supported near "varchar(3)"
-- hint: write the bare type
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
WHERE content.title::varchar(3) = 'a'
GROUP BY tumble("timestamp", INTERVAL '1 minute');
