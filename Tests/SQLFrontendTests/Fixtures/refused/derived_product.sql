-- error: 4:40: the product can be out of range, which would make every update of the row fail near "*"
-- hint: cast one side to double precision
CREATE MATERIALIZED VIEW x AS
SELECT sum(download.duration_seconds)  * sum(download.duration_seconds) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute');
