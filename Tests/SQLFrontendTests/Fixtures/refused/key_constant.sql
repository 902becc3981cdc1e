-- error: 5:52: a constant is no key: it does not tell rows apart near "'a'"
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute'), 'a';
