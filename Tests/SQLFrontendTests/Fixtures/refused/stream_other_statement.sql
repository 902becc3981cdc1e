-- error: 3:1: a stream is not defined like this near "CREATE"
-- hint: write CREATE FOREIGN TABLE name (…) SERVER kafka OPTIONS (topic '…', format '…', …);
CREATE TABLE s (a int);
