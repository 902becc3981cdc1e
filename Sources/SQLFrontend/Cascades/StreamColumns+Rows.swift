import Dialects
import Plan

extension StreamColumns {
  /// The columns of an aggregate's rows, for a definition that names it in FROM. Their time is where their window begins.
  convenience init(rowsOf aggregate: AggregatePlan) {
    let columns = aggregate.shownColumns.map { column in
      DeclaredColumn(
        name: column.name, type: column.type, isNullable: column.isNullable, comment: column.comment)
    }
    self.init(
      StreamDefinition(
        name: aggregate.name, topic: "", format: .csv, columns: columns, eventTime: ["window_start"],
        outOfOrdernessMicroseconds: 0, idleTimeoutMicroseconds: 0, maxAheadMicroseconds: 0, deadLetterTopic: nil),
      SchemaFields(paths: [], hidesMetadata: true, field: { _ in nil }), rowsOf: aggregate)
  }
}
