-- Query 1: prices in another currency (0.908 euros for a dollar), here as what they come to.
-- Grain: ten seconds of event time.
CREATE MATERIALIZED VIEW q1_currency WITH (retention = '1 day') AS
SELECT count(*)           AS bids,
       -- What was offered, in euro cents.
       sum(price * 0.908) AS total_eur,
       -- The highest bid, in euro cents.
       max(price * 0.908) AS highest_eur
FROM bids
GROUP BY tumble(date_time, INTERVAL '10 seconds');
