CREATE MATERIALIZED VIEW a WITH (retention = '1 day', late = 'drop') AS
SELECT (CASE WHEN extra.flag THEN extra.big / 2 ELSE 0 END) AS k, count(*) AS n, avg(extra.price::double precision) AS p,
       min(extra.local) AS l, sum(download.duration_seconds) FILTER (WHERE content.type IN ('movie', 'music')) AS s
FROM content_downloads WHERE coalesce(extra.flag, false) AND nullif(content.title, 'x') IS NOT NULL
GROUP BY tumble("timestamp", INTERVAL '5 minutes'), 1;
