-- error: 4:8: the column name updated_at is taken: every result table has it near "count(*)"
-- hint: give it another name with AS
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS updated_at
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute');
