-- Query 11: how many bids somebody makes without a pause of ten seconds.
-- Grain: bidder and session.
CREATE MATERIALIZED VIEW q11_user_sessions WITH (retention = '1 day') AS
SELECT bidder,
       count(*) AS bids
FROM bids
GROUP BY session(date_time, INTERVAL '10 seconds'), bidder;
