import Dataflow
import Dialects
import Events
import Faults
import Kafka
import Plan
import Postgres
import Project
import References
import Registry
import SQLQuoting
import Storage
import Threads

/// Rows of open windows that are made anew and whole from the topic, in the caller's transaction: those that are there are
/// removed, whoever has written them, and readers see both at once.
struct OpenRows {
  /// What an aggregate needs.
  struct Task {
    /// Where the first window to make anew begins, in microseconds since 1970; nil: no row is removed, and the records are
    /// added to those that are there.
    var boundary: Int64?
    /// The first record of each partition that takes part.
    var starts: [Int32: Offset]
    /// Records that take no part.
    var dead: [Int32: Set<Offset>] = [:]
  }

  private struct Part {
    var aggregate: AggregatePlan
    var engine: ReplayEngine
    var task: Task

    func takes(_ record: Record) -> Bool {
      record.offset >= task.starts[record.partition] ?? 0
        && task.dead[record.partition]?.contains(record.offset) != true
    }
  }

  /// What an aggregate has got.
  struct Made {
    var aggregate: AggregatePlan
    var removed: Int
    var rows: Int
    /// How many more events the rows hold than the books count; nil: there is no `count(*)`.
    var surplus: Int64?
  }

  private let connection: PostgresConnection
  private let stream: Stream
  private var parts: [Part] = []
  private(set) var readCount = 0
  /// The latest record's event time.
  private(set) var latestEvent: Int64?

  /// - Parameters:
  ///   - tasks: of its aggregates, by their names.
  ///   - passesOverFailures: records that cannot be read are of no aggregate; else they are a fault.
  init(
    _ connection: PostgresConnection, _ stream: Stream, topic: String, tasks: [String: Task], passesOverFailures: Bool,
    schemas: SchemaSource?, limits: ReferenceLimits
  ) throws {
    self.connection = connection
    self.stream = stream
    let aggregates = stream.plan.aggregates.filter { tasks[$0.name] != nil }
    let references = try ReferenceLoader(connection, limits: limits).load(
      aggregates.flatMap { $0.joins.map(\.reference) })
    for aggregate in aggregates {
      guard let task = tasks[aggregate.name] else { continue }
      let floor = task.boundary.flatMap { $0 == .min ? nil : $0 }
      var engine = try ReplayEngine(
        stream, aggregate, topic: topic, floor: floor, schemas: schemas, references: references)
      engine.passesOverFailures = passesOverFailures
      if passesOverFailures { engine.now = Clock.wall() }
      parts.append(Part(aggregate: aggregate, engine: engine, task: task))
    }
  }

  /// Removes what is there, reads the ranges and writes the rows.
  mutating func make(_ reader: TopicReader, _ ranges: [Int32: Range<Offset>]) throws -> [Made] {
    var removed: [Int] = []
    for part in parts {
      guard let time = part.task.boundary else {
        removed.append(0)
        continue
      }
      let boundary = PostgresParameter.timestamptz(microseconds: time)
      removed.append(
        try connection.query(
          "DELETE FROM \(quotedIdentifier(part.aggregate.tableName)) WHERE window_start >= $1", [boundary]
        ).affectedRows)
      // Results of another engine in front of our states.
      let other = quotedIdentifier("\(part.aggregate.name)_flink")
      if try connection.query("SELECT to_regclass($1) IS NOT NULL", [.text(other)]).boolean(0, 0) == true {
        _ = try connection.query("DELETE FROM \(other) WHERE window_start >= $1", [boundary])
      }
    }
    try reader.read(ranges) { try add(&$0) }
    for part in parts { try write(part) }
    return try zip(parts, removed).map { part, removed in
      let table = quotedIdentifier(part.aggregate.tableName)
      let rows = try connection.query(
        "SELECT count(*) FROM \(table) WHERE window_start >= $1",
        [.timestamptz(microseconds: part.task.boundary ?? .min)]
      ).integer(0, 0)
      return Made(
        aggregate: part.aggregate, removed: removed, rows: Int(rows ?? 0), surplus: try surplus(part.aggregate))
    }
  }

  private mutating func add(_ records: inout RecordBatch) throws {
    let list = records.records
    let whole = Array(list)
    readCount += whole.count
    for part in parts {
      records.records = list
      var kept = 0
      for record in whole where part.takes(record) {
        records.records[kept] = record
        kept += 1
      }
      records.keepFirst(kept)
      if let latest = try part.engine.add(records) { latestEvent = max(latestEvent ?? latest, latest) }
      if part.engine.isFull { try write(part) }
    }
  }

  private func write(_ part: Part) throws(PostgresError) {
    let name = "open rows of \(part.aggregate.name)"
    for delta in part.engine.drain() {
      try connection.prepare(name, ResultTable(part.aggregate).upsertStatement)
      _ = try connection.queryPrepared(name, delta.upsertParameters)
    }
  }

  private func surplus(_ aggregate: AggregatePlan) throws(PostgresError) -> Int64? {
    guard let column = aggregate.countColumn else { return nil }
    return try connection.query(
      """
      SELECT (SELECT coalesce(sum(\(quotedIdentifier(column))), 0) FROM \(quotedIdentifier(aggregate.tableName)))
             - \(aggregate.countedSQL(connection.pulse))
      """, [.text(aggregate.name)]
    ).integer(0, 0)
  }
}
