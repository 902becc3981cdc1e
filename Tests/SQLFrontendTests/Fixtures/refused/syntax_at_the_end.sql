-- error: 4:1: syntax error
CREATE MATERIALIZED VIEW x AS
SELECT count(*
