import Dataflow
import Dialects
import EngineSchema
import Events
import Plan
import Postgres
import References
import SQLFrontend
import Storage
import Testing

@testable import ProcessingTestSupport

/// A value of a test event.
enum Value {
  case null
  case boolean(Bool)
  case integer(Int64)
  case decimal(Int128)
  case double(Double)
  case text(String)
}

/// One aggregate, and those that it reads, with their operator, tables and views in a database of their own, and the same
/// events as rows of a table there.
final class ScratchAggregate {
  let plan: StreamPlan
  let settings: ConnectionSettings
  let connection: PostgresConnection
  private let batch: EventBatch
  private let windows: WindowOperator

  /// The one that is judged.
  let aggregate: AggregatePlan
  var table: ResultTable { ResultTable(aggregate) }

  /// - Parameters:
  ///   - columns: of the stream, whose first one is the event time, `ts`.
  ///   - items: of the SELECT list.
  ///   - references: declarations of tables, which are made by them.
  ///   - joins: what stands behind the stream in FROM.
  convenience init(
    columns: String, select items: String, over window: String = "tumble(ts, INTERVAL '1 minute')",
    by keys: String? = nil, where filter: String? = nil, references: [String] = [], joins: String = ""
  ) throws {
    let condition = filter.map { "WHERE \($0)" } ?? ""
    try self.init(
      columns: columns,
      definitions: [
        """
        CREATE MATERIALIZED VIEW results AS SELECT \(items) FROM events \(joins) \(condition)
        GROUP BY \(window)\(keys.map { ", \($0)" } ?? "");
        """
      ], references: references)
  }

  /// - Parameter definitions: one of them is called `results`.
  init(columns: String, definitions: [String], references: [String] = []) throws {
    let stream = try parseStream(
      SourceFile(
        path: "s.sql",
        text: """
          CREATE FOREIGN TABLE events (ts timestamptz NOT NULL, \(columns))
          SERVER kafka OPTIONS (topic 'events', format 'json', event_time 'ts');
          """))
    plan = try planStream(
      stream, references: parseReferences(references.map { SourceFile(path: "r.sql", text: $0) }),
      aggregates: definitions.enumerated().map { SourceFile(path: "a\($0).sql", text: $1) }, fields: .empty)
    aggregate = try #require(plan.aggregates.first { $0.name == "results" })
    batch = EventBatch(specs: plan.columns, capacity: 4096)
    windows = WindowOperator(plan, batch: batch, seed: 42)
    settings = try TestCluster.makeDatabase()
    connection = try PostgresConnection(settings)
    try connection.execute("SET TIME ZONE 'UTC'; SET client_min_messages = 'warning'")
    for file in EngineSchema.files { try connection.execute(file.text) }
    for aggregate in plan.aggregates {
      let view = ResultView(aggregate)?.createStatements(pulse: "pulse") ?? []
      for statement in ResultTable(aggregate).createStatements + view { try connection.execute(statement) }
    }
    let types = plan.columns.enumerated().map { "\(BatchSelect.eventColumn($0)) \($1.type.sqlName)" }
    for reference in plan.references { try connection.execute(reference.createStatement) }
    try connection.execute("CREATE TABLE all_events (\(types.joined(separator: ", ")))")
  }

  deinit {
    connection.close()
  }

  /// Where the value of the column of that name is in a row.
  func index(_ name: String) -> Int { plan.columns.firstIndex { $0.path == [name] } ?? 0 }

  /// Gives the engine the events; rows in the order of `plan.columns`.
  func process(_ rows: [[Value]], watermark: Int64? = nil) -> [EventFailure] {
    batch.reset(count: rows.count)
    for (row, values) in rows.enumerated() {
      for (column, value) in zip(batch.columns, values) { column.write(value, row, &batch.arena) }
    }
    _ = windows.process(
      batch, runs: [PartitionRun(partition: 0, rows: 0..<rows.count)], now: 4_000_000_000_000_000, watermark: watermark)
    return batch.failures
  }

  /// Gives the engine the tables of reference data as they are now.
  func loadReferences() throws {
    windows.use(try ReferenceLoader(connection, limits: ReferenceLimits()).load(plan.references))
  }

  /// Puts what the engine has into the table, as the sink does.
  func flush() throws { try commit(drain()) }

  /// What the engine has, for a later `commit`.
  func drain() -> [WindowDelta] { windows.drain() }

  /// - Parameter other: another connection than the aggregate's own.
  func commit(_ deltas: [WindowDelta], _ other: PostgresConnection? = nil) throws {
    let connection = other ?? connection
    for delta in deltas {
      let aggregate = plan.aggregates[delta.aggregate]
      let locks = SessionLocks.statement(for: delta, of: aggregate, connection).map {
        PostgresStatement($0.sql, $0.parameters)
      }
      let upsert = PostgresStatement(ResultTable(aggregate).upsertStatement, delta.upsertParameters)
      _ = try connection.pipeline([locks].compactMap { $0 } + [upsert])
    }
  }

  /// Puts the events last processed into the table of events.
  func record() throws {
    let arrays = batch.columns.map { column in
      var array = PostgresArray(PostgresArray.element(column.type), capacityHint: batch.count)
      for row in 0..<batch.count { array.append(column, row) }
      return PostgresParameter.array(array)
    }
    let unnested = plan.columns.enumerated().map { "$\($0 + 1)::\($1.type.sqlName)[]" }
    _ = try connection.query(
      "INSERT INTO all_events SELECT * FROM unnest(\(unnested.joined(separator: ", ")))", arrays)
  }

  func rows(_ sql: String) throws -> [[String?]] {
    let result = try connection.query(sql)
    return (0..<result.rowCount).map { row in (0..<result.columnCount).map { result[row, $0] } }
  }

  /// What differs between the stored rows and what Postgres makes of the definition's own SELECT.
  func differences() throws -> [String] {
    let batch = try BatchSelect(aggregate, of: plan, events: "(SELECT * FROM all_events)")
    let columns = batch.columns
    let list = { (names: [String]) in names.map { "\"\($0)\"::text" }.joined(separator: ", ") }
    let order = (1...table.identity.count).map(String.init).joined(separator: ", ")
    let identity = table.identity
    let sources = identity.map { name in columns.first { $0.name == name }?.source ?? name }
    let stored = try rows(
      "SELECT \(list(identity)), \(list(columns.map(\.name))) FROM results ORDER BY \(order)")
    let expected = try rows(
      """
      SELECT \(list(sources)), \(list(columns.map(\.source))), \(list(columns.map { $0.magnitude ?? sources[0] })),
        \(list(columns.map { $0.exactness ?? sources[0] }))
      FROM (\(batch.text)) AS b ORDER BY \(order)
      """)
    guard stored.count == expected.count else { return ["\(stored.count) rows, not \(expected.count)"] }
    var found: [String] = []
    for (left, right) in zip(stored, expected) {
      for (index, column) in columns.enumerated() where column.isComparable {
        let (kept, wanted) = (left[identity.count + index], right[identity.count + index])
        let bound = column.magnitude == nil ? nil : right[identity.count + columns.count + index]
        let isExact = column.exactness == nil || right[identity.count + 2 * columns.count + index] == "true"
        if !isExact || kept == wanted || isClose(column, kept, wanted, bound) { continue }
        found.append("\(column.name) of \(left.prefix(identity.count)): \(kept ?? "NULL"), not \(wanted ?? "NULL")")
      }
    }
    return found
  }

  /// Whether two numbers are alike as far as they have to be.
  private func isClose(_ column: BatchSelect.Column, _ kept: String?, _ wanted: String?, _ bound: String?) -> Bool {
    if bound == "Infinity" { return true }
    if let kept, let wanted, kept.hasPrefix("{"), wanted.hasPrefix("{") {
      let (left, right) = (
        kept.dropFirst().dropLast().split(separator: ","), wanted.dropFirst().dropLast().split(separator: ",")
      )
      return left.count == right.count && zip(left, right).allSatisfy { isClose(column, String($0), String($1), bound) }
    }
    guard let kept = kept.flatMap(Double.init), let wanted = wanted.flatMap(Double.init) else { return false }
    guard column.magnitude != nil || column.tolerance != nil || isDouble(column.name) else { return false }
    let size = max(abs(kept), abs(wanted), bound.flatMap(Double.init) ?? 0)
    return abs(kept - wanted) <= (column.tolerance ?? 1e-9) * size
  }

  private func isDouble(_ name: String) -> Bool {
    aggregate.shownColumns.first { $0.name == name }?.type == .doublePrecision
  }
}

extension Column {
  fileprivate func write(_ value: Value, _ row: Int, _ arena: inout TextArena) {
    validity[row] = 1
    switch value {
    case .null:
      validity[row] = 0
      if type.physical == .text { texts[row] = .empty }
    case .boolean(let value): booleans[row] = value ? 1 : 0
    case .integer(let value): integers[row] = value
    case .decimal(let value): decimals[row] = value
    case .double(let value): doubles[row] = value
    case .text(let value): texts[row] = arena.append(value)
    }
  }
}

extension PostgresArray {
  fileprivate mutating func append(_ column: Column, _ row: Int) {
    guard column.validity[row] == 1 else { return appendNull() }
    switch column.type.physical {
    case .boolean: append(column.booleans[row] == 1)
    case .integer: append(column.integers[row])
    case .decimal: append(unscaled: column.decimals[row], scale: column.type.scale)
    case .double: append(column.doubles[row])
    case .text: append(bytes: column.texts[row].bytes)
    }
  }
}
