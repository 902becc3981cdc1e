-- The whole site by the minute, and how many of its answers were errors of the server.
-- Grain: minute of event time.
-- format bytes: bytes
-- thresholds error_rate: 0.01, 0.05
CREATE MATERIALIZED VIEW site_minutes WITH (retention = '90 days') AS
SELECT count(*)                                              AS requests,
       count(*) FILTER (WHERE status >= 500)                 AS server_errors,
       count(*) FILTER (WHERE status BETWEEN 400 AND 499)    AS client_errors,
       -- Requests of programs that say so.
       count(*) FILTER (WHERE user_agent COLLATE "C" ~* 'bot|crawl|spider') AS bot_requests,
       sum(bytes)                                            AS bytes,
       -- Share of requests that the server failed to answer, 0 to 1.
       (count(*) FILTER (WHERE status >= 500))::double precision / count(*) AS error_rate
FROM requests
GROUP BY tumble(event_time, INTERVAL '1 minute');
