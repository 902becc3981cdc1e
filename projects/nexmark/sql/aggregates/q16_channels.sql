-- Query 16: bids, bidders and auctions of a channel, by how much is offered: less than 100 dollars, less than 10,000, more.
-- Grain: channel and day of UTC. The numbers of bidders and auctions are estimates.
CREATE MATERIALIZED VIEW q16_channels WITH (retention = '30 days') AS
SELECT channel,
       max(date_time)                                                                AS last_bid,
       count(*)                                                                      AS total_bids,
       count(*) FILTER (WHERE price < 10000)                                         AS rank1_bids,
       count(*) FILTER (WHERE price >= 10000 AND price < 1000000)                    AS rank2_bids,
       count(*) FILTER (WHERE price >= 1000000)                                      AS rank3_bids,
       approx_count_distinct(bidder)                                                 AS total_bidders,
       approx_count_distinct(bidder) FILTER (WHERE price < 10000)                    AS rank1_bidders,
       approx_count_distinct(bidder) FILTER (WHERE price >= 10000 AND price < 1000000) AS rank2_bidders,
       approx_count_distinct(bidder) FILTER (WHERE price >= 1000000)                 AS rank3_bidders,
       approx_count_distinct(auction)                                                AS total_auctions,
       approx_count_distinct(auction) FILTER (WHERE price < 10000)                   AS rank1_auctions,
       approx_count_distinct(auction) FILTER (WHERE price >= 10000 AND price < 1000000) AS rank2_auctions,
       approx_count_distinct(auction) FILTER (WHERE price >= 1000000)                AS rank3_auctions
FROM bids
GROUP BY tumble(date_time, INTERVAL '1 day'), channel;
