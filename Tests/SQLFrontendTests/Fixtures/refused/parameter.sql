-- error: 6:19: a parameter is not supported here near "$1"
-- hint: write the value itself; parameters are for endpoints
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
WHERE extra.big = $1
GROUP BY tumble("timestamp", INTERVAL '1 minute');
