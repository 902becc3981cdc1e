import Events
import Postgres

/// A stream that another engine goes on with, as the books have it.
public struct Handover: Sendable {
  public var stream: String
  public var engine: String
  /// When, as text.
  public var at: String
  public var cluster: String
  public var topic: String
  /// The first offset that the other engine reads of each partition.
  public var starts: [Int32: Offset]
  /// Every record before it is in rows of ours.
  public var positions: [Int32: Offset]
  /// Windows of each aggregate that begin here or later (microseconds since 1970) are the other engine's; `.min`: all.
  public var boundaries: [String: Int64]

  public init(
    stream: String, engine: String, at: String = "", cluster: String, topic: String, starts: [Int32: Offset],
    positions: [Int32: Offset], boundaries: [String: Int64]
  ) {
    self.stream = stream
    self.engine = engine
    self.at = at
    self.cluster = cluster
    self.topic = topic
    self.starts = starts
    self.positions = positions
    self.boundaries = boundaries
  }
}

/// Which streams are handed over. A trigger of `pulse.progress` keeps processors off them.
public struct Handovers {
  private let connection: PostgresConnection

  public init(_ connection: PostgresConnection) {
    self.connection = connection
  }

  /// Those that are handed over now. None in a database whose books are older.
  public func open() throws(PostgresError) -> [Handover] {
    let table = "\(connection.pulse).handovers"
    guard try connection.query("SELECT to_regclass($1) IS NOT NULL", [.text(table)]).boolean(0, 0) == true else {
      return []
    }
    let found = try connection.query(
      """
      SELECT h.stream, h.engine, to_char(h.handed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS"Z"'), h.cluster, h.topic,
             p.partition, p.start, p.position, NULL, NULL
      FROM \(table) AS h LEFT JOIN unnest(h.partitions, h.starts, h.positions) AS p (partition, start, position) ON true
      WHERE h.taken_back_at IS NULL
      UNION ALL
      SELECT h.stream, h.engine, '', h.cluster, h.topic, NULL, NULL, NULL, b.aggregate,
             CASE WHEN isfinite(b.boundary) THEN (extract(epoch FROM b.boundary) * 1000000)::bigint END
      FROM \(table) AS h, unnest(h.aggregates, h.boundaries) AS b (aggregate, boundary)
      WHERE h.taken_back_at IS NULL
      """)
    var handovers: [String: Handover] = [:]
    for row in 0..<found.rowCount {
      guard let stream = found[row, 0] else { continue }
      var handover =
        handovers[stream]
        ?? Handover(
          stream: stream, engine: found[row, 1] ?? "", cluster: found[row, 3] ?? "", topic: found[row, 4] ?? "",
          starts: [:], positions: [:], boundaries: [:])
      if let at = found[row, 2], !at.isEmpty { handover.at = at }
      if let partition = found.integer(row, 5).map({ Int32($0) }) {
        handover.starts[partition] = found.integer(row, 6)
        handover.positions[partition] = found.integer(row, 7)
      }
      if let aggregate = found[row, 8] { handover.boundaries[aggregate] = found.integer(row, 9) ?? .min }
      handovers[stream] = handover
    }
    return handovers.values.sorted { $0.stream < $1.stream }
  }

  /// Why nobody of ours may write rows of these streams; nil: none is handed over.
  public func refusal(of streams: [String]) throws(PostgresError) -> String? {
    let handed = try open().filter { streams.contains($0.stream) }
    guard let first = handed.first else { return nil }
    return """
      \(handed.map(\.stream).joined(separator: ", ")) \(handed.count == 1 ? "is" : "are") handed over to \(first.engine) since \
      \(first.at), which writes the rows
        hint: when its job has been stopped, streampulse handover --from \(first.engine) takes \(handed.count == 1 ? "it" : "them") back
      """
  }

  /// Enters one, in the caller's transaction, and fences processors that may still run.
  ///
  /// - Parameter watermark: microseconds since 1970; nil: nothing had been counted.
  package func enter(_ handover: Handover, watermark: Int64?) throws(PostgresError) {
    var (partitions, starts, positions) = (PostgresArray(.integer), PostgresArray(.bigint), PostgresArray(.bigint))
    for (partition, position) in handover.positions.sorted(by: { $0.key < $1.key }) {
      partitions.append(Int64(partition))
      starts.append(handover.starts[partition] ?? position)
      positions.append(position)
    }
    let sorted = handover.boundaries.sorted { $0.key < $1.key }
    var boundaries = PostgresArray(.timestamptz)
    for (_, boundary) in sorted { boundaries.append(boundary) }
    _ = try connection.query(
      """
      UPDATE \(connection.pulse).progress SET epoch = epoch + 1 WHERE stream = $1 AND cluster = $2 AND topic = $3
      """, [.text(handover.stream), .text(handover.cluster), .text(handover.topic)])
    _ = try connection.query(
      """
      INSERT INTO \(connection.pulse).handovers
        (stream, engine, cluster, topic, watermark, partitions, starts, positions, aggregates, boundaries)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
      """,
      [
        .text(handover.stream), .text(handover.engine), .text(handover.cluster), .text(handover.topic),
        watermark.map { .timestamptz(microseconds: $0) } ?? .null, .array(partitions), .array(starts),
        .array(positions), .array(PostgresArray(texts: sorted.map(\.key))), .array(boundaries),
      ])
  }

  /// Notes that a stream is ours again, in the caller's transaction. Before its positions are entered.
  package func takeBack(stream: String, at positions: [Int32: Offset]) throws(PostgresError) {
    var offsets = PostgresArray(.bigint)
    for (_, position) in positions.sorted(by: { $0.key < $1.key }) { offsets.append(position) }
    _ = try connection.query(
      """
      UPDATE \(connection.pulse).handovers SET taken_back_at = now(), taken_positions = $2
      WHERE stream = $1 AND taken_back_at IS NULL
      """, [.text(stream), .array(offsets)])
  }
}
