-- error: 4:29: the operator ->> is not supported near "->>"
-- hint: in a stream of format 'json', declare a column for the value: name type OPTIONS (path 'a.b')
CREATE MATERIALIZED VIEW x AS
SELECT event_id, extra.tags ->> 'a' AS k, count(*) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute'), event_id, k;
