-- error: 4:28: a result of type double precision cannot be cast to bigint near "::bigint"
-- hint: such a cast can fail, and with it every update of the row; cast in the endpoint that reads it
CREATE MATERIALIZED VIEW x AS
SELECT sum(content.size_gb)::bigint AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute');
