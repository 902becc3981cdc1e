-- error: 2:37: syntax error near ";"
CREATE VIEW x AS SELECT region FROM ;
