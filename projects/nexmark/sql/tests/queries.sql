-- Each query over a few events whose results can be counted by hand.
-- at: 2026-01-31 12:00:30Z

-- events: persons
-- {"id": 1000, "name": "Ada Abel", "email_address": "a@x.example", "credit_card": "0000 0000 0000 0000", "city": "Kent",
--  "state": "WA", "date_time": "2026-01-31T12:00:01Z", "extra": ""}
-- {"id": 1001, "name": "Hugo Horn", "email_address": "h@x.example", "credit_card": "0000 0000 0000 0001", "city": "Bend",
--  "state": "OR", "date_time": "2026-01-31T12:00:02Z", "extra": ""}

-- events: auctions
-- {"id": 1000, "item_name": "lamp", "description": "a lamp", "initial_bid": 100, "reserve": 200,
--  "date_time": "2026-01-31T12:00:03Z", "expires": "2026-01-31T12:00:20Z", "seller": 1000, "category": 10, "extra": ""}
-- {"id": 1001, "item_name": "desk", "description": "a desk", "initial_bid": 100, "reserve": 200,
--  "date_time": "2026-01-31T12:00:12Z", "expires": "2026-01-31T12:00:30Z", "seller": 1001, "category": 10, "extra": ""}

-- events: bids
-- {"auction": 1107, "bidder": 1000, "price": 1000, "channel": "Apple", "url": "u", "date_time": "2026-01-31T12:00:04Z",
--  "extra": "abc"}
-- {"auction": 1107, "bidder": 1001, "price": 20000, "channel": "Apple", "url": "u", "date_time": "2026-01-31T12:00:05Z",
--  "extra": ""}
-- {"auction": 1001, "bidder": 1000, "price": 3000000, "channel": "channel-1", "url": "u", "date_time": "2026-01-31T12:00:13Z",
--  "extra": ""}
-- {"auction": 1001, "bidder": 1000, "price": 500, "channel": "channel-1", "url": "u", "date_time": "2026-01-31T12:00:23Z",
--  "extra": ""}

-- rows:
SELECT bids, auctions, bidders, total, channel_characters, url_characters, extra_characters
FROM q0_pass_through ORDER BY window_start LIMIT 1;
-- {"bids": 2, "auctions": 2214, "bidders": 2001, "total": 21000, "channel_characters": 10, "url_characters": 2,
--  "extra_characters": 3}

-- rows:
SELECT bids, total_eur, highest_eur FROM q1_currency ORDER BY window_start LIMIT 1;
-- {"bids": 2, "total_eur": 19068.000, "highest_eur": 18160.000}

-- rows:
SELECT auction, bids, total FROM q2_selection;
-- {"auction": 1107, "bids": 2, "total": 21000}

-- get: /nexmark/hot-items?minutes=1&limit=1
-- {"count": 1, "data": [{"auction": 1001, "bids": 1}]}

-- get: /nexmark/highest-bids
-- {"count": 3, "data": [{"highest": 500}, {"highest": 3000000}, {"highest": 20000}]}

-- get: /nexmark/new-sellers
-- {"count": 1, "data": [{"id": 1000, "name": "Ada Abel", "auctions": 1}]}

-- rows:
SELECT bidder, bids, window_end - window_start AS length FROM q11_user_sessions ORDER BY bidder, window_start;
-- {"bidder": 1000, "bids": 2, "length": "00:00:19"}
-- {"bidder": 1000, "bids": 1, "length": "00:00:10"}
-- {"bidder": 1001, "bids": 1, "length": "00:00:10"}

-- rows:
SELECT bidder, bids FROM q12_bidder_windows ORDER BY window_start, bidder;
-- {"bidder": 1000, "bids": 1}
-- {"bidder": 1001, "bids": 1}
-- {"bidder": 1000, "bids": 1}
-- {"bidder": 1000, "bids": 1}

-- rows:
SELECT channel, total_bids, rank1_bids, rank2_bids, rank3_bids, total_bidders, rank2_bidders, rank3_auctions
FROM q16_channels ORDER BY channel;
-- {"channel": "Apple", "total_bids": 2, "rank1_bids": 1, "rank2_bids": 1, "rank3_bids": 0, "total_bidders": 2,
--  "rank2_bidders": 1, "rank3_auctions": 0}
-- {"channel": "channel-1", "total_bids": 2, "rank1_bids": 1, "rank2_bids": 0, "rank3_bids": 1, "total_bidders": 1,
--  "rank2_bidders": 0, "rank3_auctions": 1}

-- get: /nexmark/channels?days=1&limit=1
-- {"count": 1, "data": [{"channel": "Apple", "total_bids": 2}]}

-- rows:
SELECT auction, total_bids, min_price, max_price, avg_price, sum_price FROM q17_auctions ORDER BY auction;
-- {"auction": 1001, "total_bids": 2, "min_price": 500, "max_price": 3000000, "avg_price": 1500250, "sum_price": 3000500}
-- {"auction": 1107, "total_bids": 2, "min_price": 1000, "max_price": 20000, "avg_price": 10500, "sum_price": 21000}
