-- error: 3:34: option "late" does not take 'ignore' near "late"
-- hint: it is one of 'revise', 'drop', 'dead_letter'
CREATE MATERIALIZED VIEW x WITH (late = 'ignore') AS
SELECT count(*) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute');
