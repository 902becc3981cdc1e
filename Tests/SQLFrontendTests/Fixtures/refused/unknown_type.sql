-- error: 6:18: the type money is not supported near "money"
-- hint: types are boolean, integer, bigint, numeric, double precision, text, timestamptz, timestamp, date, time, uuid
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
WHERE extra.big::money = 1
GROUP BY tumble("timestamp", INTERVAL '1 minute');
