CREATE MATERIALIZED VIEW a WITH (late = 'revise') AS
SELECT content.type AS "Typ", count(extra.flag), min(content.title COLLATE "C") AS t, max(extra.id) AS i
FROM content_downloads
GROUP BY hop("timestamp", INTERVAL '1 minute 30 seconds', INTERVAL '00:07:30'), "Typ", extra.day;
