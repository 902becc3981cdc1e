-- error: 5:23: the pattern cannot be used: a parenthesis is not closed near "~ '(a'"
-- hint: regular expressions here have . [a-z] [^a] \d \s \w ^ $ ( | ) * + ? {m,n}
-- name: GET /api/x
-- summary: S.
-- param: region text ~ '(a'
-- returns: rows
SELECT :region AS a
