import Dataflow
import Dialects
import Events
import Plan
import Postgres
import SQLQuoting
import Storage

@testable import PostgresOracle

/// One trial in an open transaction: the events as rows of a table, the engine's rows in their tables, and what differs.
struct TrialComparison {
  let connection: PostgresConnection
  let trial: Trial
  /// What the definitions say.
  let plan: StreamPlan
  /// What the engine does; the same unless a fault is planted.
  let written: StreamPlan
  /// Those of the plan's aggregates.
  let definitions: [RandomDefinition]
  let run: EngineRun
  let fault: PlantedFault?

  static let events = "all_events"

  func differences() throws -> [Difference] {
    var found = run.contradictions.map { Difference(definition: nil, text: "the counts contradict each other: \($0)") }
    try makeTables()
    found += try letterDifferences()
    try write()
    for number in plan.aggregates.indices {
      try connection.execute("SAVEPOINT batch")
      do {
        found += (try rowDifferences(number) + ledgerDifferences(number)).map {
          Difference(definition: number, text: $0)
        }
      } catch let error as PostgresError {
        try connection.execute("ROLLBACK TO SAVEPOINT batch")
        found.append(Difference(definition: number, text: "Postgres has an error: \(error)"))
      }
    }
    return found
  }

  // MARK: Tables

  private func makeTables() throws {
    let columns = plan.columns.enumerated().map { "\(BatchSelect.eventColumn($0)) \($1.type.sqlName)" }
    var statements = [
      "CREATE TABLE \(Self.events) (number integer, watermark timestamptz, \(columns.joined(separator: ", ")))",
      Self.closedWindows,
    ]
    statements += plan.references.map(\.createStatement)
    for aggregate in written.aggregates {
      // Comments are not what is judged.
      statements += ResultTable(aggregate).createStatements.prefix(1)
      guard aggregate.hasStateTable, let view = ResultView(aggregate) else { continue }
      statements += view.createStatements(pulse: "pulse").prefix(1)
    }
    try connection.execute(statements.joined(separator: ";\n"))
    try fillEvents()
    for reference in plan.references {
      guard let table = trial.references.first(where: { $0.name == reference.name }) else { continue }
      let columns = table.columns.map { (name: quotedIdentifier($0.name), type: $0.type) }
      try insert(into: table.name, columns, table.rows)
    }
  }

  private func fillEvents() throws {
    let indices = plan.columns.map { spec in trial.stream.columns.firstIndex { $0.path == spec.path } ?? 0 }
    let columns = plan.columns.enumerated().map { (name: BatchSelect.eventColumn($0), type: $1.type) }
    let rows = trial.events.enumerated().map { number, event in
      [.integer(Int64(number)), run.watermarks[number].map { .integer($0) }] + indices.map { event.values[$0] }
    }
    try insert(into: Self.events, [("number", .integer), ("watermark", .timestamptz)] + columns, rows)
  }

  private func insert(into table: String, _ columns: [(name: String, type: SQLType)], _ rows: [[Datum?]]) throws {
    let arrays = columns.indices.map { index in
      var array = PostgresArray(columns[index].type.wireElement)
      for row in rows {
        if let value = row[index] { array.append(value) } else { array.appendNull() }
      }
      return PostgresParameter.array(array)
    }
    // What travels as text becomes what it is on the other side.
    func isText(_ type: SQLType) -> Bool { type == .jsonb || type.element != nil }
    let types = columns.enumerated().map { "$\($0 + 1)::\(isText($1.type) ? "text" : $1.type.sqlName)[]" }
    let values = columns.indices.map { isText(columns[$0].type) ? "v\($0)::\(columns[$0].type.sqlName)" : "v\($0)" }
    _ = try connection.query(
      """
      INSERT INTO \(table) (\(columns.map(\.name).joined(separator: ", ")))
      SELECT \(values.joined(separator: ", "))
      FROM unnest(\(types.joined(separator: ", "))) AS v (\(columns.indices.map { "v\($0)" }.joined(separator: ", ")))
      """, arrays)
  }

  /// HAVING shows the groups of closed windows: all are. The schema of the trial is searched first.
  private static let closedWindows = """
    CREATE FUNCTION final_until(aggregate_name text) RETURNS timestamptz LANGUAGE sql IMMUTABLE RETURN TIMESTAMPTZ 'infinity'
    """

  private func write() throws {
    let statements = run.deltas.flatMap { delta in
      let aggregate = written.aggregates[delta.aggregate]
      let upsert = ResultTable(aggregate).upsertStatement
      let locks = SessionLocks.statement(for: delta, of: aggregate, connection).map {
        PostgresStatement($0.sql, $0.parameters)
      }
      return [locks].compactMap { $0 }
        + [PostgresStatement(fault?.statement(upsert) ?? upsert, delta.upsertParameters)]
    }
    _ = try connection.pipeline(statements)
    let dead = run.failures.keys.map(String.init).joined(separator: ", ")
    try connection.execute(
      "DELETE FROM \(Self.events) WHERE number IN (\(dead.isEmpty ? "NULL" : dead)); ANALYZE \(Self.events)")
  }

  // MARK: Rows

  func rows(_ sql: String) throws -> [[String?]] {
    let result = try connection.query(sql)
    return (0..<result.rowCount).map { row in (0..<result.columnCount).map { result[row, $0] } }
  }

  private func rowDifferences(_ number: Int) throws -> [String] {
    var aggregate = plan.aggregates[number]
    aggregate.select.text = aggregate.select.whole
    let late = isLate(number, "e").map { " WHERE (\($0)) IS NOT TRUE" } ?? ""
    let taken = "(SELECT * FROM \(Self.events) AS e\(late))"
    let select: BatchSelect
    do {
      select = try BatchSelect(aggregate, of: plan, events: taken)
    } catch {
      return [error.reason]
    }
    let identity = ResultTable(aggregate).identity
    let columns = select.columns.filter { !identity.contains($0.name) }
    let numerics = Set(
      aggregate.shownColumns.filter { if case .numeric = $0.type { true } else { false } }.map(\.name))
    // Numerics are equal whatever their places behind the point are.
    let shown = { (name: String, source: String) in
      numerics.contains(name)
        ? "trim_scale(\(quotedIdentifier(source)))::text" : "\(quotedIdentifier(source))::text"
    }
    let sources = identity.map { name in (name, select.columns.first { $0.name == name }?.source ?? name) }
    let bounds = columns.map { $0.magnitude.map { "\(quotedIdentifier($0))::text" } ?? "NULL" }
    let names = identity + columns.map(\.name)
    let stored = try rows(
      "SELECT \(names.map { shown($0, $0) }.joined(separator: ", ")) FROM \(quotedIdentifier(aggregate.name))")
    let items = (sources + columns.map { ($0.name, $0.source) }).map(shown) + bounds
    let wanted = try rows("SELECT \(items.joined(separator: ", ")) FROM (\(select.text)) AS b")
    return RowComparison(aggregate: aggregate, columns: columns, keys: identity.count).differences(stored, wanted)
  }
}
