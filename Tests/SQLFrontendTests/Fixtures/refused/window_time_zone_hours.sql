-- error: 6:39: in a time zone a window is of whole days, weeks, months or years near "'12 hours'"
-- hint: write INTERVAL '1 day', or leave the time zone out
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '12 hours', 'Europe/Berlin');
