CREATE MATERIALIZED VIEW a AS
SELECT extra.day AS day, sum(extra.big) / nullif(count(extra.big), 0) AS mean, greatest(max(extra.price), 0) AS g,
       CASE WHEN count(*) > 10 THEN round(avg(extra.price), 2) ELSE -1 END AS p, coalesce(sum(download.duration_seconds), 0) AS s
FROM content_downloads WHERE extra.flag IS TRUE OR extra.tags ? 'a'
GROUP BY tumble("timestamp", INTERVAL '1 month'), 1
HAVING count(*) >= 100 AND NOT max(extra.big) < 3 AND avg(extra.price) IS DISTINCT FROM 5 AND extra.day > '2024-01-01';
