-- What is put up for sale. JSON; one event each.
-- Grain: one auction. Event time: date_time. Key: its number.
CREATE FOREIGN TABLE auctions (
  id          bigint      NOT NULL,
  item_name   text        NOT NULL,
  description text        NOT NULL,
  -- Where bids begin, in cents.
  initial_bid bigint      NOT NULL,
  -- Below this nothing is sold, in cents.
  reserve     bigint      NOT NULL,
  date_time   timestamptz NOT NULL,
  expires     timestamptz NOT NULL,
  -- The person who sells.
  seller      bigint      NOT NULL,
  category    bigint      NOT NULL,
  extra       text        NOT NULL
) SERVER kafka OPTIONS (
  topic 'nexmark-auctions',
  format 'json',
  event_time 'date_time',
  out_of_orderness '4 seconds',
  idle_timeout '10 seconds'
);
