-- error: 9:34: option "late" does not take 'x' near "late"
-- hint: it is one of 'revise', 'drop', 'dead_letter'
-- error: 10:22: max of text needs COLLATE "C": text is ordered by bytes here near "max(content.title)"
-- hint: write max(content.title COLLATE "C")
-- error: 12:7: WHERE wants a condition (boolean), not bigint near "extra.big"
-- hint: compare it with something: extra.big = …
-- error: 13:52: a key cannot be jsonb near "extra.tags"
-- hint: cast it to text
CREATE MATERIALIZED VIEW x WITH (late = 'x') AS
SELECT summ(1) AS a, max(content.title) AS b, content.sise_gb AS c
FROM content_downloads
WHERE extra.big
GROUP BY tumble("timestamp", INTERVAL '1 minute'), extra.tags;
