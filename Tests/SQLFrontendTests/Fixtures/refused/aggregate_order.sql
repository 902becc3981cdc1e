-- error: 4:8: ORDER BY inside of an aggregate is not supported near "max(extra.big"
-- hint: the aggregates here need no order
CREATE MATERIALIZED VIEW x AS
SELECT max(extra.big ORDER BY extra.big) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute');
