-- Traffic by the minute: requests, errors, bytes, visitors, and the paths that are asked for most.
-- Grain: minute of event time and class of status. Late requests revise the row.
-- format bytes, p50_bytes, p95_bytes, p99_bytes: bytes
CREATE MATERIALIZED VIEW traffic WITH (retention = '90 days') AS
SELECT -- 2: answered, 3: led elsewhere, 4: the client's fault, 5: the server's.
       status / 100                                              AS status_class,
       count(*)                                                  AS requests,
       sum(bytes)                                                AS bytes,
       -- Size of an answer in bytes: half are smaller, 95 of 100, 99 of 100.
       percentile_disc(0.5) WITHIN GROUP (ORDER BY bytes)        AS p50_bytes,
       percentile_disc(0.95) WITHIN GROUP (ORDER BY bytes)       AS p95_bytes,
       percentile_disc(0.99) WITHIN GROUP (ORDER BY bytes)       AS p99_bytes,
       -- Different addresses, about.
       approx_count_distinct(client)                             AS visitors,
       -- The paths that came most often, with their counts.
       approx_top_k(split_part(left(path, 200), '?', 1) COLLATE "C", 10) AS top_paths
FROM requests
GROUP BY tumble(event_time, INTERVAL '1 minute'), status / 100;
