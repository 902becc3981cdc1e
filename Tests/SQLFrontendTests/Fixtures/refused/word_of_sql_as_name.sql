-- error: 4:12: syntax error near ".region"
-- hint: user is a word of SQL; as a name it stands in double quotes: "user"
CREATE MATERIALIZED VIEW x AS
SELECT user.region, count(*) AS n
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute'), "user".region;
