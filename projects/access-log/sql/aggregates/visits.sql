-- Visits: what a client asks for without a pause of half an hour, at most four hours long.
-- Grain: client and visit.
-- format bytes: bytes
-- chart worst_status: none
CREATE MATERIALIZED VIEW visits WITH (retention = '30 days') AS
SELECT client,
       count(*)                          AS requests,
       sum(bytes)                        AS bytes,
       max(status)                       AS worst_status
FROM requests
GROUP BY session(event_time, INTERVAL '30 minutes', INTERVAL '4 hours'), client;
