-- Query 7: the highest bid.
-- Grain: ten seconds of event time.
CREATE MATERIALIZED VIEW q7_highest_bid WITH (retention = '1 day') AS
SELECT -- In cents.
       max(price) AS highest
FROM bids
GROUP BY tumble(date_time, INTERVAL '10 seconds');
