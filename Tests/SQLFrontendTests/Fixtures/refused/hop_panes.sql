-- error: 6:27: a window is made of panes of the common divisor, and this one of more than 1440 near "INTERVAL"
-- hint: let windows begin less often, at a time that divides their size
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads
GROUP BY hop("timestamp", INTERVAL '59 seconds', INTERVAL '1 hour');
