-- error: 6:78: the key needs a name near "/"
-- hint: put the expression into the SELECT list too, with AS
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute'), download.duration_seconds / 60;
