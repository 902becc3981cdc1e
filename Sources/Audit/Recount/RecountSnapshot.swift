import Dialects
import Events
import Plan
import Postgres
import SQLQuoting
import Storage

/// What the database says at one moment: positions, ledger, dead letters, replays and rows, copied to temporary tables so
/// that the transaction need not last while the topic is read.
struct RecountSnapshot {
  /// A ledger segment that the topic may still hold records of.
  struct Segment {
    var partition: Int32
    var range: Range<Offset>
    var consumed: Int
  }

  /// Counts into `recount_segments`, by partition and offset.
  var segments: [Segment] = []
  /// Up to this event time, or later, records were counted that no segment here has; as text.
  var lostUntil: String?
  /// Up to where retention has removed windows, by aggregate; as text.
  var retiredUntil: [String: String] = [:]

  /// The positions of the partitions, by which the topic is asked what it still holds.
  static func partitions(
    _ connection: PostgresConnection, _ plan: StreamPlan, cluster: String, topic: String
  ) throws(PostgresError) -> [Int32] {
    let result = try connection.query(
      """
      SELECT partition FROM \(connection.pulse).progress WHERE stream = $1 AND cluster = $2 AND topic = $3
      ORDER BY partition
      """, [.text(plan.definition.name), .text(cluster), .text(topic)])
    return (0..<result.rowCount).compactMap { result.integer($0, 0).map { Int32($0) } }
  }

  /// - Parameter lows: the first offset that the topic still holds of each partition.
  init(
    _ connection: PostgresConnection, _ plan: StreamPlan, cluster: String, topic: String, lows: [Int32: Offset]
  ) throws(PostgresError) {
    try connection.transaction("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ") { () throws(PostgresError) in
      try plan.lockResultTables(connection)
      try copyBookkeeping(connection, plan, cluster: cluster, topic: topic, lows: lows)
      for (index, aggregate) in plan.aggregates.enumerated() {
        let columns = aggregate.shownColumns.filter { $0.role != .updatedAt }.map { quotedIdentifier($0.name) }
        try connection.execute(
          """
          CREATE TEMPORARY TABLE recount_stored_\(index) AS
          SELECT \(columns.joined(separator: ", ")) FROM \(quotedIdentifier(aggregate.name))
          """)
      }
    }
  }

  private mutating func copyBookkeeping(
    _ connection: PostgresConnection, _ plan: StreamPlan, cluster: String, topic: String, lows: [Int32: Offset]
  ) throws(PostgresError) {
    var partitions = PostgresArray(.integer)
    var offsets = PostgresArray(.bigint)
    for (partition, low) in lows {
      partitions.append(Int64(partition))
      offsets.append(low)
    }
    let source: [PostgresParameter] = [.text(cluster), .text(topic)]
    try connection.execute(
      """
      CREATE TEMPORARY TABLE recount_ledger AS
      SELECT *, cluster = \(quotedLiteral(cluster)) AND topic = \(quotedLiteral(topic)) AS is_here
      FROM (\(LedgerReach.segments(of: plan, connection))) AS l
      """)
    try connection.execute(
      "CREATE TEMPORARY TABLE recount_lows (partition integer, low bigint)")
    _ = try connection.query(
      "INSERT INTO recount_lows SELECT * FROM unnest($1::integer[], $2::bigint[])",
      [.array(partitions), .array(offsets)])
    try connection.execute(
      """
      CREATE TEMPORARY TABLE recount_segments AS
      SELECT (row_number() OVER (ORDER BY l.partition, l.first_offset) - 1)::integer AS segment, l.*
      FROM recount_ledger AS l JOIN recount_lows AS t ON l.partition = t.partition AND l.next_offset > t.low
      WHERE l.is_here;
      CREATE TEMPORARY TABLE recount_counts (segment integer, aggregate text, has_late boolean);
      CREATE TEMPORARY TABLE recount_dead (partition integer, record_offset bigint, aggregate text);
      CREATE TEMPORARY TABLE recount_replays (aggregate text, from_time timestamptz, partition integer, position bigint)
      """)
    _ = try connection.query(
      """
      INSERT INTO recount_counts
      SELECT s.segment, c.aggregate, c.late > 0
      FROM \(connection.pulse).ledger_counts AS c JOIN recount_segments AS s USING (partition, first_offset)
      WHERE c.stream = $3 AND c.cluster = $1 AND c.topic = $2
      """, source + [.text(plan.definition.name)])
    _ = try connection.query(DeadRecords.insertion(into: "recount_dead", of: plan, connection), source)
    _ = try connection.query(
      """
      INSERT INTO recount_replays
      SELECT r.aggregate, r.from_time, d.partition, d.position
      FROM \(connection.pulse).replays AS r, unnest(r.partitions, r.positions) AS d (partition, position)
      WHERE r.stream = $3 AND r.cluster = $1 AND r.topic = $2
      """, source + [.text(plan.definition.name)])
    try readSegments(connection)
  }

  private mutating func readSegments(_ connection: PostgresConnection) throws(PostgresError) {
    let rows = try connection.query(
      "SELECT partition, first_offset, next_offset, consumed FROM recount_segments ORDER BY segment")
    for row in 0..<rows.rowCount {
      guard let partition = rows.integer(row, 0), let first = rows.integer(row, 1), let next = rows.integer(row, 2),
        let consumed = rows.integer(row, 3), first <= next
      else { continue }
      segments.append(Segment(partition: Int32(partition), range: first..<next, consumed: Int(consumed)))
    }
    lostUntil = try connection.query(
      """
      SELECT max(latest_event)::text FROM recount_ledger AS l
      WHERE NOT is_here OR NOT EXISTS (SELECT FROM recount_segments AS s
                                       WHERE (s.partition, s.first_offset) = (l.partition, l.first_offset))
      """)[0, 0]
    let retired = try connection.query("SELECT aggregate, horizon::text FROM \(connection.pulse).retired")
    for row in 0..<retired.rowCount {
      if let aggregate = retired[row, 0] { retiredUntil[aggregate] = retired[row, 1] }
    }
  }
}
