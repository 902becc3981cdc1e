-- error: 3:61: a view has no parameters near "$1"
-- hint: filter in the endpoint that reads the view
CREATE VIEW x AS SELECT region FROM region_health WHERE n > $1;
