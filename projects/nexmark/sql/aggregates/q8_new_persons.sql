-- Query 8, its left side: who has registered. GET /nexmark/new-sellers joins both sides.
-- Grain: person and ten seconds of event time.
CREATE MATERIALIZED VIEW q8_new_persons WITH (retention = '1 day') AS
SELECT id,
       name,
       count(*) AS registrations
FROM persons
GROUP BY tumble(date_time, INTERVAL '10 seconds'), id, name;
