import Events
import Faults
import Formats
import Kafka
import Plan
import Postgres
import Project
import Registry
import Storage

/// Reads the topic again up to the committed positions, lets Postgres compute the rows of every aggregate by running the
/// definition's own SELECT, and compares them with the stored ones.
///
/// The engine's decoder is all that both have in common. Works beside running processors: rows and positions are of one
/// snapshot. The events lie in a temporary table of Postgres, so that memory is bounded here.
public struct Recount {
  private let connection: PostgresConnection
  private let stream: Stream
  private let kafka: KafkaConfiguration
  private let topic: String
  private let group: String
  private let schemas: SchemaSource?

  private var plan: StreamPlan { stream.plan }

  /// - Parameters:
  ///   - connection: is used for this alone and left with temporary tables: close it afterwards.
  ///   - schemas: knows those of records that are not the project's own; nil: there are none.
  public init(
    _ connection: PostgresConnection, _ stream: Stream, kafka: KafkaConfiguration, topic: String, group: String,
    schemas: SchemaSource? = nil
  ) {
    self.connection = connection
    self.stream = stream
    self.kafka = kafka
    self.topic = topic
    self.group = group
    self.schemas = schemas
  }

  public func run() throws(PipelineError) -> RecountReport {
    do {
      try Migrator.verify([plan], connection)
      let reader = try TopicReader(kafka, topic: topic, group: group)
      defer { reader.close() }
      try connection.execute("SET TIME ZONE 'UTC'; SET work_mem = '64MB'")
      let cluster = try reader.cluster()
      var lows: [Int32: Offset] = [:]
      for partition in try RecountSnapshot.partitions(connection, plan, cluster: cluster, topic: topic) {
        lows[partition] = try reader.watermarks(partition).low
      }
      guard !lows.isEmpty else {
        throw PipelineError.definition("nothing has been processed of topic \(topic) of the cluster \(cluster)")
      }
      let snapshot = try RecountSnapshot(connection, plan, cluster: cluster, topic: topic, lows: lows)
      try connection.execute(RecountQueries.eventTable(plan))
      var loader = EventLoader(
        connection, plan, snapshot, decoder: try stream.makeDecoder(topic: topic), schemas: schemas)
      try reader.read(loader.ranges(from: lows)) { try loader.load($0) }
      try connection.execute(
        "ANALYZE recount_events, recount_counts, recount_dead, recount_replays")
      var report = RecountReport(records: loader.total)
      report.contradictions = try contradictions(loader)
      let horizon = try horizon(loader, snapshot)
      for index in plan.aggregates.indices {
        report.aggregates.append(try judge(index, horizon: horizon, snapshot))
      }
      return report
    } catch {
      throw PipelineError(error)
    }
  }

  /// Segments that now hold more records than were counted, and records that cannot be decoded and are no dead letters.
  private func contradictions(_ loader: EventLoader) throws(PostgresError) -> [String] {
    var lines = loader.surplus.prefix(100).map { segment, count in
      """
      \(topic)[\(segment.partition)]: the ledger counts \(segment.consumed) records of the offsets \
      \(segment.range.lowerBound) to \(segment.range.upperBound - 1), the topic has \(count)
      """
    }
    let failed = try connection.query(
      """
      SELECT format('%s[%s]: the record at offset %s cannot be decoded (%s), and is not in dead_letters', $1::text,
                    f.partition, f.record_offset, f.code)
      FROM recount_failed AS f
      WHERE NOT EXISTS (SELECT FROM recount_dead AS d
                        WHERE (d.partition, d.record_offset) = (f.partition, f.record_offset))
      ORDER BY f.partition, f.record_offset LIMIT 100
      """, [.text(topic)])
    lines += (0..<failed.rowCount).map { failed[$0, 0] ?? "" }
    return Array(lines.prefix(100))
  }

  /// Windows that begin by this time may hold records that the topic does not hold any more; as text, nil: there are none.
  private func horizon(_ loader: EventLoader, _ snapshot: RecountSnapshot) throws(PostgresError) -> String? {
    var incomplete = PostgresArray(.integer)
    for segment in loader.incomplete { incomplete.append(Int64(segment)) }
    return try connection.query(
      """
      SELECT greatest($2::timestamptz, (SELECT max(latest_event) FROM recount_segments WHERE segment = ANY ($1)))::text
      """, [.array(incomplete), snapshot.lostUntil.map { .text($0) } ?? .null])[0, 0]
  }

  private func judge(
    _ index: Int, horizon: String?, _ snapshot: RecountSnapshot
  ) throws -> RecountReport.Aggregate {
    let queries = try RecountQueries(index, of: plan)
    let name = plan.aggregates[index].name
    var found = RecountReport.Aggregate(name: name)
    let retired = snapshot.retiredUntil[name]
    let bounds: [PostgresParameter] = [horizon, retired].map { $0.map { .text($0) } ?? .null }
    try WindowwiseRecount(connection: connection, index: index, plan: plan).run()
    _ = try connection.query(queries.comparison, bounds)
    try connection.execute(queries.excusedWindows)
    let compared = try connection.query(queries.compared, bounds)
    found.rows = Int(compared.integer(0, 0) ?? 0)
    found.windows = Int(compared.integer(0, 1) ?? 0)
    let differences = try connection.query(queries.differences)
    found.differences = (0..<differences.rowCount).map { differences[$0, 0] ?? "" }
    found.differenceCount = Int(differences.integer(0, 1) ?? 0)
    found.excuseChangedTables(plan.aggregates[index].joins.map(\.reference).filter { $0.validity == nil }.map(\.name))
    if horizon != nil {
      let uncovered = try connection.query(queries.uncoveredWindows, [bounds[0]])
      if let windows = windows(uncovered) {
        found.skipped.append("\(windows): the topic no longer holds all their records")
      }
    }
    if let retired { found.skipped.append("windows that ended by \(retired): removed by retention") }
    let excused = try connection.query(queries.excusedDifferences)
    found.skipped += (0..<excused.rowCount).compactMap { row in
      windows(excused, row).map { "\($0): they differ, and \(excused[row, 3] ?? "")" }
    }
    let refused = try connection.query(queries.refusedWindows)
    found.skipped += (0..<refused.rowCount).compactMap { row in
      windows(refused, row).map { "\($0): Postgres does not compute them: \(refused[row, 3] ?? "")" }
    }
    return found
  }

  /// E.g. "3 windows from … to …"; nil when there are none.
  private func windows(_ result: PostgresResult, _ row: Int = 0) -> String? {
    guard let count = result.integer(row, 0), count > 0, let first = result[row, 1], let last = result[row, 2] else {
      return nil
    }
    return count == 1 ? "1 window at \(first)" : "\(count) windows from \(first) to \(last)"
  }
}
