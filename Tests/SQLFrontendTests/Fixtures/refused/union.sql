-- error: 5:1: UNION, INTERSECT and EXCEPT are not supported near "UNION"
-- hint: write one aggregate per SELECT
CREATE MATERIALIZED VIEW x AS
SELECT count(*) AS n FROM content_downloads
UNION SELECT 1;
