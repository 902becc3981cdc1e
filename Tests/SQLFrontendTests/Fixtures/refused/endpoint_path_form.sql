-- error: 3:10: a path begins with /, and between slashes stand letters, digits and -._~ or one parameter in braces near "GET /api//x"
-- hint: write -- name: GET /api/endpoint_path_form, or -- name: GET /api/endpoint_path_form/{id}
-- name: GET /api//x
-- summary: S.
-- returns: rows
SELECT 1 AS a
