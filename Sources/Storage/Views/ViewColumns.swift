import Dialects
import Plan
import Postgres
import Project
import SQLQuoting

extension Relation {
  /// All that readers of the project's results may look at: aggregates, stream by stream, and views. What columns a view
  /// has only the database knows, where it must have been made.
  public static func all(of project: Project, _ connection: PostgresConnection) throws(PostgresError) -> [Relation] {
    let aggregates = project.streams.flatMap { stream in
      stream.plan.aggregates.map { Relation($0, of: stream.plan) }
    }
    var views: [Relation] = []
    for view in project.views {
      views.append(Relation(view, columns: try columns(of: view.name, connection), aggregates: aggregates))
    }
    return aggregates + views
  }

  private static func columns(
    of view: String, _ connection: PostgresConnection
  ) throws(PostgresError) -> [Relation.Column] {
    let found = try connection.query(
      """
      SELECT attname, format_type(atttypid, NULL), coalesce(col_description(attrelid, attnum), '')
      FROM pg_attribute
      WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped
      ORDER BY attnum
      """, [.untyped(quotedIdentifier(view))])
    return (0..<found.rowCount).map { row in
      // Postgres does not know what in a view is never NULL.
      Relation.Column(
        name: found[row, 0] ?? "", type: found[row, 1] ?? "", isNullable: true, comment: found[row, 2] ?? "")
    }
  }
}
