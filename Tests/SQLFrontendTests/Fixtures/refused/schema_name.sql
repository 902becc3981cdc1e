-- error: 3:26: a schema is not supported here near "public.x"
-- hint: write the bare name
CREATE MATERIALIZED VIEW public.x AS
SELECT count(*) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute');
