-- Query 12: how many bids somebody makes in ten seconds; of event time, since there are no windows of any other.
-- Grain: bidder and ten seconds of event time.
CREATE MATERIALIZED VIEW q12_bidder_windows WITH (retention = '1 day') AS
SELECT bidder,
       count(*) AS bids
FROM bids
GROUP BY tumble(date_time, INTERVAL '10 seconds'), bidder;
