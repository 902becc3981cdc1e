-- error: 4:23: the divisor can be zero, which would make every update of the row fail near "/"
-- hint: write NULLIF(…, 0) around the divisor: the result is then NULL
CREATE MATERIALIZED VIEW x AS
SELECT sum(extra.big) / count(*) FILTER (WHERE extra.flag) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute');
