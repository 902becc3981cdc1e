-- error: 5:29: there is no table users to join with near "users"
-- hint: declare it in sql/references: CREATE TABLE name (id text PRIMARY KEY, value text, …) WITH (refresh = '30 seconds');
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n
FROM content_downloads JOIN users ON true
GROUP BY tumble("timestamp", INTERVAL '1 minute');
