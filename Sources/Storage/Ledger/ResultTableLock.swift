import Plan
import Postgres
import SQLQuoting

extension StreamPlan {
  /// Keeps replays from putting another table in the place of a result table until the transaction ends.
  ///
  /// The first statement of a transaction whose snapshot is of one moment: a table that came after that would be empty.
  package func lockResultTables(_ connection: PostgresConnection) throws(PostgresError) {
    guard !aggregates.isEmpty else { return }
    let tables = aggregates.map { quotedIdentifier($0.tableName) }.joined(separator: ", ")
    try connection.execute("LOCK TABLE \(tables) IN ACCESS SHARE MODE")
  }
}
