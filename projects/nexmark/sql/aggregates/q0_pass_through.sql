-- Query 0: every bid with all of its columns, here as what they come to.
-- Grain: ten seconds of event time.
CREATE MATERIALIZED VIEW q0_pass_through WITH (retention = '1 day') AS
SELECT count(*)             AS bids,
       -- Of the auctions' numbers.
       sum(auction)         AS auctions,
       -- Of the bidders' numbers.
       sum(bidder)          AS bidders,
       -- What was offered, in cents.
       sum(price)           AS total,
       -- Characters of the channels, of the pages and of the filling.
       sum(length(channel)) AS channel_characters,
       sum(length(url))     AS url_characters,
       sum(length(extra))   AS extra_characters
FROM bids
GROUP BY tumble(date_time, INTERVAL '10 seconds');
