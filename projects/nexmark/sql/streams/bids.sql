-- What somebody offers for something. JSON; one event each.
-- Grain: one bid. Event time: date_time. Key: the auction.
CREATE FOREIGN TABLE bids (
  -- The auction.
  auction   bigint      NOT NULL,
  -- The person who bids.
  bidder    bigint      NOT NULL,
  -- What is offered, in cents.
  price     bigint      NOT NULL,
  -- How the bidder came.
  channel   text        NOT NULL,
  url       text        NOT NULL,
  date_time timestamptz NOT NULL,
  extra     text        NOT NULL
) SERVER kafka OPTIONS (
  topic 'nexmark-bids',
  format 'json',
  event_time 'date_time',
  out_of_orderness '4 seconds',
  idle_timeout '10 seconds'
);
