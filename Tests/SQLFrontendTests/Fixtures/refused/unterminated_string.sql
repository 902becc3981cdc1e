-- error: 3:8: unterminated quoted string near "'abc"
CREATE MATERIALIZED VIEW x AS
SELECT 'abc
