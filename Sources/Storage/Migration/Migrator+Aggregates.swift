import Dialects
import Plan
import Postgres
import SQLQuoting

extension Migrator {
  /// Makes the table of a new aggregate, or changes what may change of one that is there.
  ///
  /// - Parameter isInTransaction: in the caller's, and else in one of its own.
  /// - Returns: what has changed, a line each.
  func apply(_ aggregate: AggregatePlan, of plan: StreamPlan, isInTransaction: Bool = false) throws -> [String] {
    let shape = TableShape(aggregate, of: plan)
    let stored = try connection.query(
      "SELECT shape, definition FROM \(connection.pulse).definitions WHERE aggregate = $1", [.text(aggregate.name)])
    let isNew = stored.rowCount == 0
    var added: [String] = []
    if !isNew {
      added =
        TableShape.additions(stored: TableShape(description: stored[0, 0] ?? ""), planned: aggregate, of: plan) ?? []
      if added.isEmpty { try Migrator.check(aggregate.name, stored: stored[0, 0], planned: shape) }
    }
    if isInTransaction {
      try carryOut(aggregate, shape, isNew: isNew, adding: added, definition: isNew ? nil : stored[0, 1])
    } else {
      try connection.transaction {
        try carryOut(aggregate, shape, isNew: isNew, adding: added, definition: isNew ? nil : stored[0, 1])
      }
    }
    guard isNew else { return added.map { "added the column \($0) to \(aggregate.name)" } }
    return ["created the table \(aggregate.tableName)"]
      + (aggregate.hasStateTable ? ["created the view \(aggregate.name)"] : [])
  }

  /// - Parameters:
  ///   - added: computed results that are not there yet.
  ///   - definition: the text of the present one.
  private func carryOut(
    _ aggregate: AggregatePlan, _ shape: TableShape, isNew: Bool, adding added: [String], definition: String?
  ) throws {
    if isNew {
      try create(aggregate)
    } else {
      try change(aggregate, adding: added, isSame: definition == aggregate.select.whole)
    }
    _ = try connection.query(
      """
      INSERT INTO \(connection.pulse).definitions (aggregate, shape, definition, retention, allowed_lateness)
      VALUES ($1, $2, $3, make_interval(secs => $4), make_interval(secs => $5))
      ON CONFLICT (aggregate) DO UPDATE
      SET shape = excluded.shape, definition = excluded.definition, retention = excluded.retention,
          allowed_lateness = excluded.allowed_lateness, updated_at = now()
      """,
      [
        .text(aggregate.name), .text(shape.description), .text(aggregate.select.whole),
        aggregate.retentionMicroseconds.map { .doublePrecision(Double($0) / 1_000_000) } ?? .null,
        .doublePrecision(Double(aggregate.allowedLatenessMicroseconds) / 1_000_000),
      ])
  }

  private func create(_ aggregate: AggregatePlan) throws {
    for name in aggregate.relationNames { try refuseForeignTable(name) }
    let statements =
      ResultTable(aggregate).createStatements
      + (ResultView(aggregate)?.createStatements(pulse: connection.pulse) ?? [])
    for statement in statements { try connection.execute(statement) }
  }

  /// - Parameters:
  ///   - added: computed results that are not there yet.
  ///   - isSame: the text of the SELECT has not changed.
  private func change(_ aggregate: AggregatePlan, adding added: [String], isSame: Bool) throws(PostgresError) {
    let table = ResultTable(aggregate)
    var statements: [String] = []
    if let view = ResultView(aggregate) {
      // HAVING and computed results are no part of what stored rows mean: others are another query over them.
      if !isSame {
        let present = try connection.query(
          "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 ORDER BY attnum",
          [.text(view.reference)])
        let names = (0..<present.rowCount).compactMap { present[$0, 0] }
        statements.append(view.replaceStatement(pulse: connection.pulse, columns: names + added))
      }
      statements += view.commentStatements
    } else if !added.isEmpty {
      statements.append(table.addStatement(columns: added))
    }
    for statement in statements + table.commentStatements { try connection.execute(statement) }
  }

  private func refuseForeignTable(_ name: String) throws {
    let found = try connection.query("SELECT to_regclass($1) IS NOT NULL", [.text(quotedIdentifier(name))])
    guard found.boolean(0, 0) == true else { return }
    throw StorageError.definition(
      "sql/aggregates: there is a table \(name) already, which StreamPulse has not made\n"
        + "  hint: give the aggregate another name, or rename or drop that table")
  }
}
