-- Query 2: the bids for some auctions, those whose number 123 divides.
-- Grain: auction and ten seconds of event time.
CREATE MATERIALIZED VIEW q2_selection WITH (retention = '1 day') AS
SELECT auction,
       count(*)   AS bids,
       -- What was offered, in cents.
       sum(price) AS total
FROM bids
WHERE auction % 123 = 0
GROUP BY tumble(date_time, INTERVAL '10 seconds'), auction;
