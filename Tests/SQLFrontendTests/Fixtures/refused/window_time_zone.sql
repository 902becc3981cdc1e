-- error: 6:48: there is no time zone 'Europe/Berln' near "'Europe/Berln'"
-- hint: did you mean 'Europe/Berlin'? write the name of an area and a place, e.g. 'Europe/Berlin', or 'UTC'
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 day', 'Europe/Berln');
