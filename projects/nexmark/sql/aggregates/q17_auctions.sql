-- Query 17: bids for an auction, by how much is offered: less than 100 dollars, less than 10,000, more; and prices in cents.
-- Grain: auction and day of UTC.
CREATE MATERIALIZED VIEW q17_auctions WITH (retention = '30 days') AS
SELECT auction,
       count(*)                                                   AS total_bids,
       count(*) FILTER (WHERE price < 10000)                      AS rank1_bids,
       count(*) FILTER (WHERE price >= 10000 AND price < 1000000) AS rank2_bids,
       count(*) FILTER (WHERE price >= 1000000)                   AS rank3_bids,
       min(price)                                                 AS min_price,
       max(price)                                                 AS max_price,
       avg(price)                                                 AS avg_price,
       sum(price)                                                 AS sum_price
FROM bids
GROUP BY tumble(date_time, INTERVAL '1 day'), auction;
