-- error: 4:6: WITH CHECK OPTION has no meaning here near "CHECK"
-- hint: leave it out: nobody writes to a view of results
CREATE VIEW x AS SELECT region FROM region_health
WITH CHECK OPTION;
