import Postgres

/// A view in the database that reads a table or another view.
struct ViewReader: Hashable {
  /// Without a schema.
  var name: String
  /// As messages show it: with its schema where the search path does not find it.
  var shownName: String
  /// Made for a definition. Others are somebody's own.
  var isOurs: Bool
}

extension PostgresConnection {
  /// What reads the relations of these names, directly or by way of others: what is read by most stands last.
  func viewReaders(of names: some Collection<String>) throws(PostgresError) -> [ViewReader] {
    let array = PostgresArray(texts: names)
    // Rules of tables count, too, and could refer to one another without an end.
    let found = try query(
      """
      WITH RECURSIVE readers AS (
        SELECT to_regclass(quote_ident(n))::oid AS oid, 0 AS depth FROM unnest($1::text[]) AS n
        UNION
        SELECT r.ev_class, s.depth + 1
        FROM readers AS s
        JOIN pg_depend AS d ON (d.classid, d.refclassid, d.refobjid) = ('pg_rewrite'::regclass, 'pg_class'::regclass, s.oid)
        JOIN pg_rewrite AS r ON r.oid = d.objid
        WHERE r.ev_class <> s.oid AND s.depth < 100)
      SELECT c.relname, c.oid::regclass::text, v.name IS NOT NULL
      FROM (SELECT oid, max(depth) AS depth FROM readers GROUP BY oid) AS r JOIN pg_class AS c USING (oid)
      LEFT JOIN \(pulse).views AS v ON c.oid = to_regclass(quote_ident(v.name))
      WHERE r.depth > 0 ORDER BY r.depth DESC, c.relname
      """, [.array(array)])
    return (0..<found.rowCount).map { row in
      ViewReader(name: found[row, 0] ?? "", shownName: found[row, 1] ?? "", isOurs: found.boolean(row, 2) == true)
    }
  }
}
