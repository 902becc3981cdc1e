CREATE MATERIALIZED VIEW a AS
SELECT lower(left(content.title, 3) COLLATE "C") AS k, date_trunc('day', "timestamp", 'Europe/Berlin') AS d,
       round(avg(extra.price), 2) AS p, max(extract(hour FROM "timestamp" AT TIME ZONE 'Asia/Kolkata')) AS h,
       sum(width_bucket(download.speed_mbps, 0, 100, 10)) FILTER (WHERE content.title LIKE '%a!%%' ESCAPE '!') AS s
FROM content_downloads
WHERE content.type = ANY ('{movie,music}') AND concat_ws('-', content.title, extra.big) <> md5(content.title)
  AND greatest(extra.big, 1) ^ 2 > 4 AND extra.tags #>> '{a,0}' IS NOT NULL
  AND "timestamp" + INTERVAL '1 month -2 days 03:04:05.6' > '2024-01-01' AND extra.price * 2 % 3 > 1.5
GROUP BY tumble("timestamp", INTERVAL '5 minutes'), 1, 2;
