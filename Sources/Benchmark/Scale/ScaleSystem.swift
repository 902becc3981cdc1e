import Glibc
import Plan
import Sizing

/// Broker, Postgres and a processor of the project, whose demo load is sent at any rate, for measuring what it costs.
final class ScaleSystem {
  private let workspace: Workspace
  private let database: Database
  private let demo: [String]
  private let broker: Program
  private let settings: [String: String]
  private let tables: [String]

  private static let partitions = 12
  /// What does not count of a run: connections, first windows, caches.
  private static let warmUpSeconds = 2.0

  /// - Parameter demo: the arguments of event-generator that make the project's events.
  init(_ workspace: Workspace, demo: [String]) throws {
    self.workspace = workspace
    // A day's rhythm would be another load than the one that is asked for.
    let words = demo.filter { $0 != "--daily-rhythm" }
    let topic = workspace.stream.plan.definition.topic
    self.demo = words.contains { $0.hasPrefix("--topic") } ? words : words + ["--topic", topic]
    database = try Database(workspace)
    broker = try workspace.start(["broker", "--partitions", String(Self.partitions)], [:])
    let line = try broker.line(containing: "KAFKA_BOOTSTRAP_SERVERS=")
    // The generator lets the processors' group keep up: the in-process broker forgets what is not read in time.
    settings = [
      "KAFKA_BOOTSTRAP_SERVERS": String(line.drop { $0 != "=" }.dropFirst()), "KAFKA_GROUP_ID": "scale",
    ]
    tables = workspace.stream.plan.aggregates.map(\.tableName)
  }

  func close() {
    database.close()
  }

  /// What a run came to.
  struct Run {
    var measurement: ScaleMeasurement
    /// Rows that were changed, of each aggregate of the stream.
    var rows: [Double]
  }

  /// A load for so long, after a while that does not count.
  ///
  /// - Parameters:
  ///   - eventsPerSecond: nil: as fast as they can be made, and the broker lets them in.
  ///   - more: further arguments of event-generator.
  func load(eventsPerSecond: Double?, seconds: Double, more: [String] = []) throws -> Run {
    try withProcessor { processor in
      let generator = try workspace.start(
        demo + ["--rate", eventsPerSecond.map { String($0) } ?? "max", "--seed", "1"] + more, settings,
        program: "event-generator")
      defer { generator.kill() }
      try pause(seconds: Self.warmUpSeconds)
      let start = try look(processor)
      try pause(seconds: seconds)
      let run = try run(from: start, processor)
      try generator.checkRunning()
      return run
    }
  }

  /// Groups of the fullest window, and bytes that a row takes: of each aggregate, in what the runs have left.
  func stored() throws -> [(keys: Double, rowBytes: Double)] {
    try tables.map { table in
      let result = try database.query(
        """
        SELECT coalesce(max(rows), 0)::bigint, coalesce(sum(rows), 0)::bigint, pg_total_relation_size('\(table)')
        FROM (SELECT count(*) AS rows FROM \(table) GROUP BY window_start) AS windows
        """)
      let all = Double(result.integer(0, 1) ?? 0)
      return (Double(result.integer(0, 0) ?? 0), Double(result.integer(0, 2) ?? 0) / max(1, all))
    }
  }

  private struct Processor {
    var program: Program
    var metrics: HTTPConnection
  }

  private func withProcessor<Result>(_ body: (Processor) throws -> Result) throws -> Result {
    let all = settings.merging(database.childSettings) { $1 }.merging(["METRICS_PORT": "0"]) { $1 }
    let program = try workspace.start(["process"], all)
    let listening = try program.line(containing: "\"url\":\"http://")
    guard let port = listening.split(separator: ":").last.flatMap({ UInt16($0.prefix { $0.isNumber }) }) else {
      throw BenchmarkError.setup("no port of metrics in \(listening)")
    }
    _ = try program.line(containing: "partitions assigned")
    let result = try body(Processor(program: program, metrics: HTTPConnection(port: port)))
    try program.stop()
    return result
  }

  /// All that only grows, at one moment.
  private struct Look {
    var seconds: Double
    var records: Int
    var changes: [Double]
    var upserts: Double
    var flushes: Double
    var transactionSeconds: Double
    var processorSeconds: Double
    var threadSeconds: [pid_t: Double]
    var postgresSeconds: Double
    var logBytes: Double
  }

  private func look(_ processor: Processor) throws -> Look {
    let metrics = String(decoding: try processor.metrics.get("/metrics"), as: UTF8.self)
    func total(_ name: String) -> Double {
      metrics.split(separator: "\n").filter {
        $0.hasPrefix(name) && "{ ".contains($0.dropFirst(name.count).first ?? "x")
      }
      .compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }.reduce(0, +)
    }
    let usage = processor.program.usage
    return Look(
      seconds: monotonicSeconds(), records: try database.committedRecords(), changes: try changes(),
      upserts: total("streampulse_upserted_rows_total"), flushes: total("streampulse_flush_seconds_count"),
      transactionSeconds: total("streampulse_flush_seconds_sum"), processorSeconds: usage.cpuSeconds,
      threadSeconds: usage.threadSeconds, postgresSeconds: database.usage.cpuSecondsWithChildren,
      logBytes: try database.query("SELECT (pg_current_wal_lsn() - '0/0')::double precision").double(0, 0) ?? 0)
  }

  /// Rows that were inserted or updated in each table, as far as Postgres' statistics know yet: for what part each has.
  private func changes() throws -> [Double] {
    try tables.map { table in
      try database.query(
        "SELECT (n_tup_ins + n_tup_upd)::double precision FROM pg_stat_user_tables WHERE relname = '\(table)'"
      ).double(0, 0) ?? 0
    }
  }

  private func run(from start: Look, _ processor: Processor) throws -> Run {
    let end = try look(processor)
    let rows = end.upserts - start.upserts
    // The statistics come up to a second later than the rows.
    try pause(seconds: 1.2)
    let changes = zip(try changes(), start.changes).map { max(0, $0 - $1) }
    let changed = max(1, changes.reduce(0, +))
    let threads = end.threadSeconds.map { $1 - (start.threadSeconds[$0] ?? 0) }
    return Run(
      measurement: ScaleMeasurement(
        seconds: end.seconds - start.seconds, events: Double(end.records - start.records), rows: rows,
        flushes: end.flushes - start.flushes, processorSeconds: end.processorSeconds - start.processorSeconds,
        workerSeconds: threads.max() ?? 0, postgresSeconds: end.postgresSeconds - start.postgresSeconds,
        logBytes: end.logBytes - start.logBytes,
        transactionSeconds: end.transactionSeconds - start.transactionSeconds),
      rows: changes.map { $0 / changed * rows })
  }
}
