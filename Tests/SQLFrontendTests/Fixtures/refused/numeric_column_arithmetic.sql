-- error: 6:19: arithmetic with numeric is not supported for events near "*"
-- hint: cast to double precision
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
WHERE extra.price * 2 > 1
GROUP BY tumble("timestamp", INTERVAL '1 minute');
