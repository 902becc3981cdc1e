-- Query 5: bids for each auction in the last ten seconds, every two seconds. GET /nexmark/hot-items has those with the most.
-- Grain: auction and ten seconds of event time, every two seconds.
CREATE MATERIALIZED VIEW q5_hot_items WITH (retention = '1 hour') AS
SELECT auction,
       count(*) AS bids
FROM bids
GROUP BY hop(date_time, INTERVAL '2 seconds', INTERVAL '10 seconds'), auction;
