-- error: 3:61: syntax error near ":n"
-- hint: parameters (:name) are for endpoints
CREATE VIEW x AS SELECT region FROM region_health WHERE n > :n;
