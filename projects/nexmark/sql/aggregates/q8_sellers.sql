-- Query 8, its right side: who has put something up for sale.
-- Grain: seller and ten seconds of event time.
CREATE MATERIALIZED VIEW q8_sellers WITH (retention = '1 day') AS
SELECT seller,
       count(*) AS auctions
FROM auctions
GROUP BY tumble(date_time, INTERVAL '10 seconds'), seller;
