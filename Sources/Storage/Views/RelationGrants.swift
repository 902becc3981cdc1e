import Postgres
import SQLQuoting

/// What others may do with a table or view that is to be made anew, to be said again of what takes its place.
package struct RelationGrants: Sendable {
  private struct Grant: Sendable {
    /// What stands before `ON`.
    var privilege: String
    /// The only column that it is about; nil: the whole relation.
    var column: String?
    /// What stands behind the relation.
    var grantee: String
  }

  private var grants: [Grant] = []

  /// Those of a relation, given as statements name it; none when it is not there.
  package init(of relation: String, _ connection: PostgresConnection) throws(PostgresError) {
    let found = try connection.query(
      """
      SELECT a.privilege_type, g.attname,
             format('TO %s%s', CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(r.rolname) END,
                    CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
      FROM pg_class AS c
      CROSS JOIN LATERAL (
        SELECT NULL::name, c.relacl
        UNION ALL
        SELECT attname, attacl FROM pg_attribute WHERE attrelid = c.oid AND NOT attisdropped AND attacl IS NOT NULL
      ) AS g (attname, acl)
      CROSS JOIN LATERAL aclexplode(g.acl) AS a
      LEFT JOIN pg_roles AS r ON r.oid = a.grantee
      WHERE c.oid = to_regclass($1) AND a.grantee <> c.relowner AND (a.grantee = 0 OR r.oid IS NOT NULL)
      """, [.text(relation)])
    grants = (0..<found.rowCount).map { row in
      Grant(privilege: found[row, 0] ?? "", column: found[row, 1], grantee: found[row, 2] ?? "")
    }
  }

  /// Gives them to another relation. What was about a column that it does not have goes.
  package func give(to relation: String, _ connection: PostgresConnection) throws(PostgresError) {
    var columns: Set<String> = []
    if grants.contains(where: { $0.column != nil }) {
      let found = try connection.query(
        "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped",
        [.text(relation)])
      columns = Set((0..<found.rowCount).compactMap { found[$0, 0] })
    }
    for grant in grants {
      if let column = grant.column, !columns.contains(column) { continue }
      let part = grant.column.map { " (\(quotedIdentifier($0)))" } ?? ""
      try connection.execute("GRANT \(grant.privilege)\(part) ON \(relation) \(grant.grantee)")
    }
  }
}
