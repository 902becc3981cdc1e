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
import Storage
import Threads

/// Makes an aggregate's rows anew from the topic, beside running processors.
///
/// The rows go to a shadow table, written by the engine's own code, up to the committed positions. The last step is one
/// transaction: it locks the positions, adds what was committed meanwhile, locks the table, so that no processor commits,
/// and puts the shadow table in the place of the present one. Rows and positions therefore fit together at every moment.
public final class Replay {
  private static let sampleSize: Int64 = 200_000

  let connection: PostgresConnection
  let stream: Stream
  let aggregate: AggregatePlan
  let topic: String
  let reader: TopicReader
  private let schemas: SchemaSource?
  private let limits: ReferenceLimits
  private let views: ResultViews
  /// Is told now and then how many records have been read, and how many there were to read when it began.
  public var progress: ((_ read: Int64, _ total: Int64) throws -> Void)?
  /// Whether rows of those windows will do whose records the topic still holds: of an aggregate that had none before.
  var takesWhatIsThere = false
  /// Whether it keeps how far it is, and goes on where one that was interrupted has stopped.
  var isResumable = false
  /// How often that is kept, at least.
  var bookmarkMicroseconds: Int64 = 5_000_000
  var nextBookmark = Int64.min
  /// How many records a former one has read, which this one goes on behind.
  var resumedCount: Int64 = 0
  /// How many records there are to read.
  var total: Int64 = 0
  var cluster = ""
  /// How far each partition is contained in the shadow table or the engine, and how many records that were.
  var positions: [Int32: Offset] = [:]
  var starts: [Int32: Offset] = [:]
  var counts: [Int32: Int64] = [:]
  var deadCount: Int64 = 0
  /// How many records are contained so far.
  var readCount: Int64 { counts.values.reduce(0, +) }

  /// - Parameters:
  ///   - connection: is used for this alone.
  ///   - views: all of the project's: those over the aggregate are made anew over its new table.
  ///   - schemas: knows those of records that are not the project's own; nil: there are none.
  ///   - limits: how large tables of reference data may be in memory.
  ///   - shared: reads the topic already for another replay; nil: one of its own is made.
  public init(
    _ connection: PostgresConnection, _ stream: Stream, aggregate name: String, views: [ViewPlan] = [],
    kafka: KafkaConfiguration, topic: String, group: String, schemas: SchemaSource? = nil,
    limits: ReferenceLimits = ReferenceLimits(), reader shared: TopicReader? = nil
  ) throws(PipelineError) {
    guard let aggregate = stream.plan.aggregates.first(where: { $0.name == name }) else {
      throw .definition(
        "there is no aggregate \(name)\n  hint: there are "
          + stream.plan.aggregates.map(\.name).joined(separator: ", "))
    }
    self.connection = connection
    self.stream = stream
    self.aggregate = aggregate
    self.topic = topic
    self.schemas = schemas
    self.limits = limits
    self.views = ResultViews(connection, views)
    do throws(KafkaError) {
      if let shared { reader = shared } else { reader = try TopicReader(kafka, topic: topic, group: group) }
    } catch {
      throw .kafka(error)
    }
  }

  /// Of the stream that it reads, for which others wait.
  var streamAggregates: [AggregatePlan] { stream.plan.aggregates }

  /// Before any transaction: tables of reference data are read in transactions of their own.
  private func makeEngine(_ scope: ReplayScope) throws -> ReplayEngine {
    let references = try ReferenceLoader(connection, limits: limits).load(aggregate.joins.map(\.reference))
    return try ReplayEngine(
      stream, aggregate, topic: topic, floor: scope.floor, schemas: schemas, references: references)
  }

  private var lock: AdvisoryLock { .replay(stream: stream.plan.definition.name) }

  /// Counts the records and measures a sample; changes nothing.
  ///
  /// - Parameter time: as Postgres reads it; nil: from the beginning.
  public func estimate(from time: String?) throws(PipelineError) -> ReplayEstimate {
    try alone {
      let (scope, isRedefined) = try prepare(time)
      let shadow = try ShadowTable(connection, aggregate)
      let engine = try makeEngine(scope)
      var left = Replay.sampleSize
      var targets: [Int32: Offset] = [:]
      for (partition, start) in scope.starts {
        let count = min(left, (scope.positions[partition] ?? start) - start)
        targets[partition] = start + count
        left -= count
      }
      try connection.execute("BEGIN")
      defer { try? connection.execute("ROLLBACK") }
      try shadow.create()
      let started = Clock.monotonic()
      let run = Run(scope: scope, isRedefined: isRedefined, shadow: shadow, engine: engine)
      try TopicPass([(self, run, targets)], isInTransaction: true).read()
      return ReplayEstimate(
        records: scope.recordCount, sample: Int(readCount),
        sampleSeconds: Double(Clock.monotonic() - started) / 1_000_000, isRedefined: isRedefined)
    }
  }

  /// Replays, and returns when the new rows are in place.
  ///
  /// - Parameter project: whose definitions come into force when this one was changed and all others fit; nil: none do.
  public func run(from time: String?, puttingInForce project: Project? = nil) throws(PipelineError) -> ReplayReport {
    try alone {
      var swap = ReplaySwap(connection, [self], views: views)
      if let project {
        swap.conclude = { [connection] in
          let isWhole = (try? Migrator.verify(project, connection)) != nil
          if isWhole { try Deployments(connection).put(project.files) }
        }
      }
      return try swap.run(from: time)[0]
    }
  }

  // MARK: Steps of a swap

  /// What a run makes, and of what.
  struct Run {
    var scope: ReplayScope
    /// The definition is not that of the present rows.
    var isRedefined: Bool
    let shadow: ShadowTable
    let engine: ReplayEngine
  }

  /// Makes the shadow table, empty, or takes the one that an interrupted replay has left.
  func begin(from time: String?) throws -> Run {
    let (scope, isRedefined) = try prepare(time)
    if isRedefined, time != nil {
      throw PipelineError.definition(
        "the definition of \(aggregate.name) has changed: rows from before \(time ?? "") cannot be kept\n"
          + "  hint: use --from beginning, or see \"Upgrading definitions\" in docs/operations.md")
    }
    let shadow = try ShadowTable(connection, aggregate)
    let engine = try makeEngine(scope)
    if try !resume(scope, shadow) {
      try Bookmark.remove([aggregate.name], connection)
      try shadow.create()
    }
    return Run(scope: scope, isRedefined: isRedefined, shadow: shadow, engine: engine)
  }

  var shape: String { TableShape(aggregate, of: stream.plan).description }

  /// What makes its view over the shadow table, where it has one.
  var viewStatements: [String] {
    ResultView(aggregate, schema: connection.replaySchema)?.createStatements(pulse: connection.pulse) ?? []
  }

  /// Locks the positions, which stay as they are until the transaction ends.
  func lockPositions() throws(PostgresError) -> [Int32: Offset] { try committed(isLocking: true) }

  /// How many records are left up to these positions.
  func remainder(to targets: [Int32: Offset]) -> Int64 {
    targets.reduce(0) { $0 + $1.value - (positions[$1.key] ?? 0) }
  }

  /// The positions' locks do not hold off a partition that is new: it is, once nobody can write to the table.
  func isComplete(at targets: [Int32: Offset]) throws(PostgresError) -> Bool { try committed() == targets }

  /// Puts the shadow table in the place of the present one and writes down what was done.
  ///
  /// - Parameters:
  ///   - grants: what locking the present one has returned.
  ///   - fences: processors that run now must write nothing any more, also where rows mean the same as before.
  func conclude(_ run: Run, _ grants: RelationGrants, fences: Bool) throws -> ReplayReport {
    try checkCompleteness()
    if let retired = run.scope.retired { try run.shadow.removeRows(endedBy: retired) }
    // Rows of another shape cannot be kept.
    let kept =
      run.isRedefined
      ? 0
      : try run.shadow.keepRows(
        before: run.scope.from, endedBy: [run.scope.floor, run.scope.retired].compactMap { $0 }.max())
    let events = try run.shadow.surplus(isWhole: kept == 0) ?? 0
    guard events >= 0 || run.isRedefined else {
      throw PipelineError.definition(
        "the new rows of \(aggregate.name) hold \(-events) events less than were counted. Nothing has been changed")
    }
    let rows = try run.shadow.takePlace(grants)
    try Bookmark.remove([aggregate.name], connection)
    try record(run, events: events, fences: fences || run.isRedefined)
    return ReplayReport(
      aggregate: aggregate.name, records: Int(readCount), rows: rows, events: events, seconds: 0,
      lockSeconds: 0, isRedefined: run.isRedefined)
  }

  private func prepare(_ time: String?) throws -> (ReplayScope, isRedefined: Bool) {
    try connection.execute("SET TIME ZONE 'UTC'")
    cluster = try reader.cluster()
    let stored = try connection.query(
      "SELECT shape FROM \(connection.pulse).definitions WHERE aggregate = $1", [.text(aggregate.name)])
    guard stored.rowCount > 0 else {
      throw PipelineError.definition("the table \(aggregate.name) has not been created: run streampulse migrate")
    }
    let change = TableShape.incompatibility(
      stored: TableShape(description: stored[0, 0] ?? ""), planned: TableShape(aggregate, of: stream.plan))
    var lows: [Int32: Offset] = [:]
    for partition in try committed(isLocking: false).keys { lows[partition] = try reader.watermarks(partition).low }
    let scope = try scope(from: time, lows)
    starts = scope.starts
    positions = scope.starts
    total = scope.recordCount
    return (scope, change != nil)
  }

  private func scope(from time: String?, _ lows: [Int32: Offset]) throws -> ReplayScope {
    do {
      return try ReplayScope(
        connection, stream.plan, aggregate, time: time, cluster: cluster, topic: topic, lows: lows)
    } catch let lost as LostRecords {
      guard takesWhatIsThere, time == nil, let complete = lost.completeFrom, aggregate.window.isBounded else {
        throw PipelineError.definition(lost.description)
      }
      return try scope(from: complete, lows)
    }
  }

  /// The processors' positions. Locked, they stay as they are until the transaction ends.
  func committed(isLocking: Bool = false) throws(PostgresError) -> [Int32: Offset] {
    let result = try connection.query(
      """
      SELECT partition, next_offset FROM \(connection.pulse).progress WHERE stream = $3 AND cluster = $1 AND topic = $2
      ORDER BY partition \(isLocking ? "FOR UPDATE" : "")
      """, [.text(cluster), .text(topic), .text(stream.plan.definition.name)])
    var positions: [Int32: Offset] = [:]
    for row in 0..<result.rowCount {
      if let partition = result.integer(row, 0) { positions[Int32(partition)] = result.integer(row, 1) }
    }
    return positions
  }

  // MARK: The swap

  /// Everything that the ledger has counted since the beginning of the replay has been read, and not more.
  private func checkCompleteness() throws {
    for (partition, start) in starts.sorted(by: { $0.key < $1.key }) {
      let result = try connection.query(
        """
        SELECT coalesce(sum(consumed), 0)::bigint FROM \(connection.pulse).ledger
        WHERE (stream, cluster, topic, partition) = ($5, $1, $2, $3::integer) AND first_offset >= $4
        """,
        [
          .text(cluster), .text(topic), .bigint(Int64(partition)), .bigint(start), .text(stream.plan.definition.name),
        ])
      let consumed = result.integer(0, 0) ?? 0
      let count = counts[partition] ?? 0
      guard count == consumed else {
        throw PipelineError.definition(
          """
          the topic does not hold what was counted: partition \(partition) from offset \(start) on has \(count) records, \
          the ledger says \(consumed). Nothing has been changed
          """)
      }
    }
    let dead = try connection.query(
      DeadRecords.count(from: starts, of: stream.plan, connection),
      [.text(cluster), .text(topic), .text(aggregate.name)])
    guard (dead.integer(0, 0) ?? 0) == deadCount else {
      throw PipelineError.definition("dead letters were replayed meanwhile, nothing has been changed: replay again")
    }
  }

  /// Writes down what was done, in the same transaction.
  private func record(_ run: Run, events: Int64, fences: Bool) throws {
    _ = try connection.query(
      """
      UPDATE \(connection.pulse).definitions
      SET shape = $2, definition = $3, retention = make_interval(secs => $4),
          allowed_lateness = make_interval(secs => $5), updated_at = now()
      WHERE aggregate = $1
      """,
      [
        .text(aggregate.name), .text(shape), .text(aggregate.select.whole),
        aggregate.retentionMicroseconds.map { .doublePrecision(Double($0) / 1_000_000) } ?? .null,
        .doublePrecision(Double(aggregate.allowedLatenessMicroseconds) / 1_000_000),
      ])
    var partitions = PostgresArray(.integer)
    var offsets = PostgresArray(.bigint)
    for (partition, position) in positions.sorted(by: { $0.key < $1.key }) {
      partitions.append(Int64(partition))
      offsets.append(position)
    }
    _ = try connection.query(
      """
      INSERT INTO \(connection.pulse).replays
        (aggregate, cluster, topic, from_time, partitions, positions, records, events, stream)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
      """,
      [
        .text(aggregate.name), .text(cluster), .text(topic), .timestamptz(microseconds: run.scope.from),
        .array(partitions), .array(offsets), .bigint(readCount), .bigint(events),
        .text(stream.plan.definition.name),
      ])
    if fences {
      // Processors that run with the former definition are fenced, and find out when they claim again.
      _ = try connection.query(
        """
        UPDATE \(connection.pulse).progress SET epoch = epoch + 1 WHERE stream = $3 AND cluster = $1 AND topic = $2
        """, [.text(cluster), .text(topic), .text(stream.plan.definition.name)])
    }
    _ = try connection.pipeline([
      Announcement.statement(stream: stream.plan.definition.name, tables: [aggregate.name], connection)
    ])
  }

  /// One replay at a time, also where it only measures: the shadow table has the aggregate's name.
  func alone<Value>(_ body: () throws -> Value) throws(PipelineError) -> Value {
    do {
      let key = lock.key(for: connection)
      guard try connection.query("SELECT pg_try_advisory_lock($1)", [.bigint(key)])[0, 0] == "t" else {
        throw PipelineError.definition("another replay is running in this database: wait for its end")
      }
      // Not left to the end of the connection, which the server may notice a moment later.
      defer { _ = try? connection.query("SELECT pg_advisory_unlock($1)", [.bigint(key)]) }
      return try body()
    } catch {
      throw PipelineError(error)
    }
  }
}
