-- error: 3:26: the name dead_letters_pkey is taken: a table or index of StreamPulse's own is called so near "dead_letters_pkey"

CREATE MATERIALIZED VIEW "dead_letters_pkey" AS
SELECT count(*) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute');
