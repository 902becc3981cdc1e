-- error: 3:1: a view is not defined like this near "CREATE"
-- hint: a CREATE MATERIALIZED VIEW is an aggregate: move the file to sql/aggregates
CREATE MATERIALIZED VIEW x AS SELECT 1 AS a;
