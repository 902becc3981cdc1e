import Dialects
import Events
import Faults
import Kafka
import Plan
import Postgres
import SQLQuoting
import Storage

/// Where another engine has to begin with a stream so that it goes on where our processors have stopped.
///
/// Windows that are closed stay ours. Of those that are open only our processors have the states, so the other engine makes
/// their rows anew and whole: it reads from the first ledger segment on that reaches them, and takes no event of a window
/// that is ours.
public struct HandoverSurvey {
  /// What becomes of an aggregate.
  public struct Share: Sendable {
    public var name: String
    /// Windows that begin here or later are the other engine's; microseconds since 1970, `.min`: all.
    public var boundary: Int64
    /// The same as text.
    public var boundaryText: String
    /// Rows of ours that the other engine replaces.
    public var rows: Int
  }

  /// A stream's part of the report.
  public struct Result: Sendable {
    public var handover: Handover
    /// Up to where event time has come, as text; nil: nothing has been counted.
    public var watermark: String?
    public var shares: [Share]
    /// Counted records that the other engine reads again, and how many of them are dead letters here.
    public var readAgain: Int
    public var dead: Int
  }

  private let connection: PostgresConnection
  private let plan: StreamPlan
  private let admin: KafkaAdmin
  private let topic: String

  /// - Parameter plan: the stream with the aggregates that the other engine takes over.
  public init(_ connection: PostgresConnection, _ plan: StreamPlan, kafka: KafkaConfiguration, topic: String)
    throws(PipelineError)
  {
    self.connection = connection
    self.plan = plan
    self.topic = topic
    do { admin = try KafkaAdmin(configuration: kafka) } catch { throw .kafka(error) }
  }

  /// Looks, and hands the stream over in the caller's transaction: its positions stay locked until that ends, processors
  /// that may still run are fenced, and new ones are refused. Sessions that the other engine makes anew are removed: theirs
  /// may begin at other moments, and would stand beside ours.
  public func handOver(to engine: String) throws(PipelineError) -> Result {
    do {
      try connection.execute("SET LOCAL TIME ZONE 'UTC'")
      let result = try look(engine)
      for (aggregate, share) in zip(plan.aggregates, result.shares) where aggregate.window.isSession {
        _ = try connection.query(
          "DELETE FROM \(quotedIdentifier(aggregate.tableName)) WHERE window_start >= $1",
          [.timestamptz(microseconds: share.boundary)])
      }
      let watermark = try watermark(positionsOf(result.handover.cluster))
      try Handovers(connection).enter(result.handover, watermark: watermark)
      return result
    } catch {
      throw PipelineError(error)
    }
  }

  // MARK: Positions

  private struct Position {
    var next: Offset
    var watermark: Int64?
    var isIdle: Bool
  }

  private func positionsOf(_ cluster: String) throws(PostgresError) -> [Int32: Position] {
    let rows = try connection.query(
      """
      SELECT partition, next_offset, (extract(epoch FROM watermark) * 1000000)::bigint, is_idle
      FROM \(connection.pulse).progress WHERE stream = $1 AND cluster = $2 AND topic = $3 ORDER BY partition FOR UPDATE
      """, [.text(plan.definition.name), .text(cluster), .text(topic)])
    var positions: [Int32: Position] = [:]
    for row in 0..<rows.rowCount {
      guard let partition = rows.integer(row, 0), let next = rows.integer(row, 1) else { continue }
      positions[Int32(partition)] = Position(
        next: next, watermark: rows.integer(row, 2), isIdle: rows.boolean(row, 3) == true)
    }
    return positions
  }

  /// That of all partitions together. A silent partition's own is not less than that which the others had come to.
  private func watermark(_ positions: [Int32: Position]) -> Int64? {
    let active = positions.values.filter { !$0.isIdle }.compactMap(\.watermark).min()
    return active ?? positions.values.compactMap(\.watermark).min()
  }

  private func look(_ engine: String) throws -> Result {
    let name = plan.definition.name
    let identity = try admin.clusterIdentity()
    let cluster = identity.id
    guard let count = try admin.partitionCount(topic) else {
      throw PipelineError.definition("there is no topic \(topic) in the cluster \(cluster)")
    }
    if !identity.isEmbedded, try admin.topicConfiguration(topic)["cleanup.policy"]?.contains("compact") == true {
      throw PipelineError.definition(
        "\(topic) is compacted: what is read of it again is not what was counted, so that no row can be made whole")
    }
    let positions = try positionsOf(cluster)
    var lows: [Int32: Offset] = [:]
    for partition in 0..<Int32(count) {
      let log = try admin.watermarkOffsets(topic: topic, partition: partition)
      lows[partition] = log.low
      let position = positions[partition]
      let isUnread = position.map { $0.watermark == nil && log.high > $0.next } ?? (log.high > log.low)
      if isUnread, !positions.isEmpty {
        throw PipelineError.definition(
          """
          \(name): partition \(partition) of \(topic) has records, and none of them has been counted: nobody knows which \
          windows they belong to
            hint: run streampulse process until it has come to them
          """)
      }
    }
    let next = lows.merging(positions.mapValues(\.next)) { $1 }
    let watermark = watermark(positions)
    let shares = try plan.aggregates.map { try share(of: $0, watermark) }
    for (share, aggregate) in zip(shares, plan.aggregates) {
      try checkRecords(of: aggregate, share, cluster: cluster, lows)
    }
    let earliest = shares.map(\.boundary).min() ?? .min
    let (starts, records, dead) = try beginnings(from: earliest, cluster: cluster, next)
    return Result(
      handover: Handover(
        stream: name, engine: engine, cluster: cluster, topic: topic, starts: starts, positions: next,
        boundaries: Dictionary(uniqueKeysWithValues: shares.map { ($0.name, $0.boundary) })),
      watermark: try watermark.map { try text($0) }, shares: shares, readAgain: records, dead: dead)
  }

  private func text(_ time: Int64) throws(PostgresError) -> String {
    try connection.query("SELECT $1::timestamptz::text", [.timestamptz(microseconds: time)])[0, 0] ?? ""
  }

  // MARK: Windows

  private func share(of aggregate: AggregatePlan, _ watermark: Int64?) throws -> Share {
    let boundary: Int64
    if let watermark {
      guard let open = aggregate.window.firstOpen(at: watermark) else {
        throw PipelineError.definition(
          """
          the sessions of \(aggregate.name) may be of any length: nothing says from where on the open ones have to be read
            hint: give them a longest length, session(…, gap, longest), or leave them out with --without \(aggregate.name)
          """)
      }
      boundary = open
    } else {
      boundary = .min
    }
    let rows = try connection.query(
      "SELECT count(*) FROM \(quotedIdentifier(aggregate.tableName)) WHERE window_start >= $1",
      [.timestamptz(microseconds: boundary)]
    ).integer(0, 0)
    return Share(name: aggregate.name, boundary: boundary, boundaryText: try text(boundary), rows: Int(rows ?? 0))
  }

  /// The topic still holds every record that was counted of the open windows.
  private func checkRecords(
    of aggregate: AggregatePlan, _ share: Share, cluster: String, _ lows: [Int32: Offset]
  ) throws {
    var partitions = PostgresArray(.integer)
    var offsets = PostgresArray(.bigint)
    for (partition, low) in lows {
      partitions.append(Int64(partition))
      offsets.append(low)
    }
    let lost = try connection.query(
      """
      WITH l AS (\(LedgerReach.segments(of: plan, connection)))
      SELECT max(l.latest_event)::text FROM l LEFT JOIN unnest($3::integer[], $4::bigint[]) AS t (partition, low)
        ON (l.cluster, l.topic, l.partition) = ($1, $2, t.partition)
      WHERE (t.low IS NULL OR l.first_offset < t.low) AND l.latest_event >= $5
      """,
      [
        .text(cluster), .text(topic), .array(partitions), .array(offsets), .timestamptz(microseconds: share.boundary),
      ])[0, 0]
    guard let lost else { return }
    throw PipelineError.definition(
      """
      the topic \(topic) no longer holds all records of the open windows of \(aggregate.name), which begin at \
      \(share.boundaryText): some up to \(lost) are gone, so that the rows cannot be made whole by another engine
        hint: leave it out with --without \(aggregate.name), or hand over when these windows have closed
      """)
  }

  /// The first record of each partition that has to be read again: where a segment of the ledger begins. No event from the
  /// time on lies before it.
  private func beginnings(
    from time: Int64, cluster: String, _ next: [Int32: Offset]
  ) throws(PostgresError) -> ([Int32: Offset], records: Int, dead: Int) {
    let found = try connection.query(
      """
      WITH l AS (\(LedgerReach.segments(of: plan, connection))), here AS (
        SELECT * FROM l WHERE (cluster, topic) = ($1, $2)), starts AS (
        SELECT partition, min(first_offset) AS start FROM here WHERE latest_event >= $3 GROUP BY partition)
      SELECT s.partition, s.start, sum(b.consumed)::bigint, sum(b.dead)::bigint
      FROM starts AS s JOIN \(connection.pulse).ledger AS b
        ON (b.stream, b.cluster, b.topic, b.partition) = ($4, $1, $2, s.partition) AND b.first_offset >= s.start
      GROUP BY s.partition, s.start
      """, [.text(cluster), .text(topic), .timestamptz(microseconds: time), .text(plan.definition.name)])
    var starts = next
    var (records, dead) = (0, 0)
    for row in 0..<found.rowCount {
      guard let partition = found.integer(row, 0), let start = found.integer(row, 1) else { continue }
      starts[Int32(partition)] = start
      records += Int(found.integer(row, 2) ?? 0)
      dead += Int(found.integer(row, 3) ?? 0)
    }
    return (starts, records, dead)
  }
}
