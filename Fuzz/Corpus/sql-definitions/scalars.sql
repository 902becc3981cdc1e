CREATE MATERIALIZED VIEW a AS
SELECT CASE content.type WHEN 'movie' THEN 1 WHEN 'music' THEN 2 ELSE abs(mod(extra.big, 7)) END AS k,
       count(*) FILTER (WHERE content.title ILIKE 'a\_%' COLLATE "C" OR starts_with(content.title, 'b')) AS n,
       max(greatest(content.title COLLATE "C", lpad(reverse(content.type), 3, '*'), repeat('x', 2))) AS t,
       sum(trunc(extra.price, 1) + 1e-3) AS s, avg(ln(exp(1.0) + sqrt(download.speed_mbps)) ^ 2) AS l,
       min(extra.local::date + extra.clock) AS m, max(to_timestamp(download.speed_mbps) AT TIME ZONE 'UTC') AS z,
       sum(jsonb_array_length(extra.tags -> 'a') + position('x' IN encode(extra.raw, 'hex'))) AS j,
       min((extra.tags ->> 0)::integer) AS f, max(extra.day - DATE '2000-02-29') AS d, sum(extra.price::numeric(9, 3)) AS y,
       min(substring(content.title FROM 2 FOR 3) || split_part(content.title, ',', -1) || trim(TRAILING 'e' FROM content.type) COLLATE "C") AS u
FROM content_downloads
WHERE extra.id = 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11' IS NOT TRUE AND extra.big <> ALL ('{1,2}') AND content.type NOT IN ('x', NULL)
  AND kafka.partition >= 0 AND kafka.headers ->> 'h' IS NULL AND date_part('dow', extra.local) < 6
GROUP BY tumble("timestamp", '1 hour'::interval), k;
