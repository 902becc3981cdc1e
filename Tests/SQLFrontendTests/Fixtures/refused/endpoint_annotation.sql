-- error: 1:1: annotation "summary" is missing
-- hint: write -- summary: what it answers, in one line
-- error: 6:4: there is no annotation "sumary" near "sumary: S."
-- hint: did you mean summary? annotations are name, summary, param, returns, meta
-- name: GET /api/x
-- sumary: S.
-- returns: rows
SELECT 1 AS a
