import Dataflow
import Dialects
import EngineSchema
import Events
import Plan
import Postgres
import SQLFrontend
import Storage
import TextFormats

@testable import ProcessingTestSupport

/// Aggregates over a stream of JSON with their operator and their tables in a database of their own, and the same documents
/// there as `jsonb`: of them Postgres makes the events by itself.
final class DocumentScratch {
  let plan: StreamPlan
  let connection: PostgresConnection
  private let batch: EventBatch
  private let windows: WindowOperator
  private let decoder: JSONRecordDecoder
  /// Of all events: how many there were, and what became of them.
  private(set) var counts: RunCounts
  /// The numbers of the documents that are no events, and why.
  private(set) var failures: [(document: Int, failure: EventFailure)] = []
  private(set) var lateEvents: [LateEvent] = []
  private var documents = 0

  /// - Parameters:
  ///   - columns: of the stream, beside the event time `ts`.
  ///   - aggregates: the SELECT of each; their tables are `results_0`, `results_1`, ….
  ///   - capacity: of a batch, and of a slice of rows.
  init(columns: String, aggregates: [String], options: String = "", capacity: Int) throws {
    let stream = try parseStream(
      SourceFile(
        path: "s.sql",
        text: """
          CREATE FOREIGN TABLE orders (ts timestamptz NOT NULL, \(columns))
          SERVER kafka OPTIONS (topic 'orders', format 'json', event_time 'ts');
          """))
    plan = try planStream(
      stream,
      aggregates: aggregates.enumerated().map { index, select in
        SourceFile(
          path: "a\(index).sql",
          text: "CREATE MATERIALIZED VIEW results_\(index) \(options) AS\n\(select);")
      }, fields: .empty)
    batch = EventBatch(specs: plan.columns, capacity: capacity)
    windows = WindowOperator(plan, batch: batch, seed: 42)
    let declared = plan.definition.columns
    decoder = JSONRecordDecoder(
      columns: plan.columns.enumerated().compactMap { index, spec in
        declared.first { [$0.name] == spec.path }.map { (index: index, declared: $0) }
      })
    counts = RunCounts(aggregateCount: plan.aggregates.count)
    connection = try PostgresConnection(TestCluster.makeDatabase())
    try connection.execute("SET TIME ZONE 'UTC'; SET client_min_messages = 'warning'")
    for file in EngineSchema.files { try connection.execute(file.text) }
    for aggregate in plan.aggregates {
      for statement in ResultTable(aggregate).createStatements { try connection.execute(statement) }
    }
    try connection.execute("CREATE TABLE documents (number bigint, document jsonb)")
  }

  deinit {
    connection.close()
  }

  /// Gives the engine documents, in batches of their own.
  func process(_ texts: [String], watermark: Int64? = nil) throws {
    let memory = texts.map { text in
      let bytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: text.utf8.count)
      _ = bytes.initialize(from: text.utf8)
      return bytes
    }
    let records = UnsafeMutableBufferPointer<Record>.allocate(capacity: texts.count)
    defer {
      records.deallocate()
      for bytes in memory { bytes.deallocate() }
    }
    for (index, bytes) in memory.enumerated() {
      records.initializeElement(
        at: index,
        to: Record(payload: UnsafePointer(bytes.baseAddress), payloadCount: bytes.count, offset: Int64(index)))
    }
    for slice in batch.slices(of: records) {
      decoder.decode(records, slice, into: batch)
      let middle = slice.count / 2
      let runs = [0..<middle, middle..<slice.count].filter { !$0.isEmpty }.map { PartitionRun(partition: 0, rows: $0) }
      for run in windows.process(batch, runs: runs, now: 4_000_000_000_000_000, watermark: watermark) { add(run) }
      failures += batch.failures.map { (documents + slice.lowerBound + $0.row, $0) }
      lateEvents += windows.lateEvents
    }
    for (index, text) in texts.enumerated() {
      _ = try connection.query(
        "INSERT INTO documents VALUES ($1::bigint, $2::jsonb)",
        [.text(String(documents + index)), .text(text)])
    }
    documents += texts.count
  }

  private func add(_ run: RunCounts) {
    counts.consumed += run.consumed
    counts.dead += run.dead
    for (index, aggregate) in run.aggregates.enumerated() { counts.aggregates[index].add(aggregate) }
  }

  /// Puts what the engine has into the tables, as the sink does.
  func flush() throws {
    for delta in windows.drain() {
      let table = ResultTable(plan.aggregates[delta.aggregate])
      _ = try connection.query(table.upsertStatement, delta.upsertParameters)
    }
  }

  func rows(_ sql: String) throws -> [[String?]] {
    let result = try connection.query(sql)
    return (0..<result.rowCount).map { row in (0..<result.columnCount).map { result[row, $0] } }
  }

  /// The events as Postgres reads them out of the documents, without those that have failed.
  var events: String {
    let columns = plan.columns.enumerated().map { index, spec in
      "\(Self.value(spec)) AS \(BatchSelect.eventColumn(index))"
    }
    let dead = failures.map { String($0.document) } + ["-1"]
    return """
      (SELECT \(columns.joined(separator: ",\n  "))
       FROM (SELECT document AS d FROM documents
             WHERE number NOT IN (\(dead.joined(separator: ", "))) OFFSET 0) AS living OFFSET 0)
      """
  }

  private static func value(_ spec: ColumnSpec) -> String {
    let member = "d -> '\(spec.path[0])'"
    switch spec.type {
    case .jsonb: return "NULLIF(\(member), 'null')"
    case .array(let element):
      let value = element == .jsonb ? "NULLIF(v, 'null')" : "(v #>> '{}')::\(rounded(element.type))"
      return """
        CASE WHEN jsonb_typeof(\(member)) = 'array' THEN
          ARRAY(SELECT \(value) FROM jsonb_array_elements(\(member)) WITH ORDINALITY AS x (v, n) ORDER BY n) END
        """
    default: return "(d ->> '\(spec.path[0])')::\(spec.type.sqlName)"
    }
  }

  /// The type with its places, to which Postgres rounds.
  private static func rounded(_ type: SQLType) -> String {
    if case .numeric(let scale) = type { "numeric(38,\(scale))" } else { type.sqlName }
  }

  /// What differs between the stored rows of an aggregate and what Postgres makes of its own text.
  func differences(_ index: Int) throws -> [String] {
    let aggregate = plan.aggregates[index]
    let batch = try BatchSelect(aggregate, of: plan, events: events)
    let list = { (names: [String]) in names.map { "\"\($0)\"::text" }.joined(separator: ", ") }
    let stored = try rows("SELECT \(list(batch.columns.map(\.name))) FROM \(aggregate.name)")
    let expected = try rows("SELECT \(list(batch.columns.map(\.source))) FROM (\(batch.text)) AS b")
    let (left, right) = (lines(stored), lines(expected))
    return left.filter { !right.contains($0) }.map { "stored \($0)" }
      + right.filter { !left.contains($0) }.map { "not stored \($0)" }
  }

  private func lines(_ rows: [[String?]]) -> Set<String> {
    Set(rows.map { $0.map { $0 ?? "NULL" }.joined(separator: " | ") })
  }
}
