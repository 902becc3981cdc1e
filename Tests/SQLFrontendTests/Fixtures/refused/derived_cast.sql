-- error: 4:38: a result of type text cannot be cast to integer near "::integer"
-- hint: such a cast can fail, and with it every update of the row; cast in the endpoint that reads it
CREATE MATERIALIZED VIEW x AS
SELECT max(content.title COLLATE "C")::integer AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute');
