import Faults
import Plan
import Postgres
import SQLQuoting
import Storage

/// What an aggregate has in the database before a replay: a table, or a table and a view above it. A changed definition may
/// have it otherwise.
struct PresentRelations {
  private let connection: PostgresConnection
  let schema: String
  /// The table, as statements name it.
  let table: String
  /// What readers see: the view, or the table.
  let shown: String
  /// Both without the schema.
  let names: Set<String>

  var hasView: Bool { table != shown }

  /// - Throws: when there is no table, or when something hangs on it that a swap would take away.
  init(_ connection: PostgresConnection, _ plan: AggregatePlan) throws {
    self.connection = connection
    let found = try connection.query(
      "SELECT relnamespace::regnamespace::text, relkind = 'v' FROM pg_class WHERE oid = to_regclass($1)",
      [.text(quotedIdentifier(plan.name))])
    guard found.rowCount > 0, let schema = found[0, 0] else {
      throw PipelineError.definition("there is no table \(plan.name): run streampulse migrate")
    }
    self.schema = schema
    let place = { (name: String) in "\(quotedIdentifier(schema)).\(quotedIdentifier(name))" }
    let isView = found.boolean(0, 1) == true
    table = place(isView ? plan.stateTableName : plan.name)
    shown = place(plan.name)
    names = isView ? [plan.stateTableName, plan.name] : [plan.name]
    let views = try ResultViews.othersReading(names, connection)
    if !views.isEmpty {
      throw PipelineError.definition(
        "views depend on \(plan.name), which would lose its place to a new table: drop them and make them again after "
          + "the replay, or let them be definitions in sql/views: \(views.joined(separator: ", "))")
    }
  }

  /// Whether the plan stores its rows in such relations, too.
  func hasForm(of plan: AggregatePlan) -> Bool { plan.hasStateTable == hasView }

  /// What makes the table's indexes, besides those of its constraints, on another table that has not got the same.
  func indexStatements(for other: String) throws(PostgresError) -> [String] {
    try statements(
      """
      SELECT replace(
               replace(pg_get_indexdef(indexrelid), ' ON ONLY ' || $1 || ' ', ' ON ' || $2 || ' '),
               ' ON ' || $1 || ' ', ' ON ' || $2 || ' ')
      FROM pg_index AS i
      WHERE indrelid = $1::regclass AND NOT EXISTS (SELECT FROM pg_constraint AS c WHERE c.conindid = i.indexrelid)
        AND NOT EXISTS (SELECT FROM pg_index AS o
                        WHERE o.indrelid = $2::regclass
                          AND substring(pg_get_indexdef(o.indexrelid) FROM ' USING .*')
                            = substring(pg_get_indexdef(i.indexrelid) FROM ' USING .*'))
      """, [.text(table), .text(other)])
  }

  private func statements(_ sql: String, _ parameters: [PostgresParameter]) throws(PostgresError) -> [String] {
    let result = try connection.query(sql, parameters)
    return (0..<result.rowCount).compactMap { result[$0, 0] }
  }
}
