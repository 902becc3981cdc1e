-- Live streams by the minute: who watches, what is written, what is given.
-- Grain: live stream and minute of event time. Late events revise the row.
-- format donations_usd, largest_donation_usd: currency USD
-- chart donations_usd: bar
CREATE MATERIALIZED VIEW stream_minutes WITH (retention = '90 days') AS
SELECT stream_id,
       -- Viewers at the end of the minute.
       last(viewers)                                        AS viewers,
       -- Most viewers at any moment of the minute.
       max(viewers)                                         AS peak_viewers,
       -- Mean of the viewers that the minute's events tell.
       avg(viewers)                                         AS avg_viewers,
       -- Chat messages.
       count(*) FILTER (WHERE type = 'chat')                AS chat_messages,
       -- Donations, and what they come to in US dollars.
       count(*) FILTER (WHERE type = 'donation')            AS donations,
       coalesce(sum(amount_usd) FILTER (WHERE type = 'donation'), 0) AS donations_usd,
       max(amount_usd) FILTER (WHERE type = 'donation')     AS largest_donation_usd,
       -- Different viewers who did anything.
       approx_count_distinct(user_id)                       AS active_users
FROM stream_events
GROUP BY tumble("timestamp", INTERVAL '1 minute'), stream_id;
