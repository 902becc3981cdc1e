import Postgres

/// How many of a topic's latest records are dead letters of the whole stream, and whether that is all there is: a producer
/// that sends something else makes dead letters alone, and no table grows.
public struct DeadShare: Hashable, Sendable {
  /// What a segment of the ledger says of records that were committed together.
  public struct Segment: Hashable, Sendable {
    public var partition: Int32
    public var firstOffset: Int64
    public var consumed: Int64
    public var dead: Int64
    /// Since it was written to last.
    public var ageSeconds: Double

    public init(partition: Int32, firstOffset: Int64, consumed: Int64, dead: Int64, ageSeconds: Double) {
      self.partition = partition
      self.firstOffset = firstOffset
      self.consumed = consumed
      self.dead = dead
      self.ageSeconds = ageSeconds
    }
  }

  /// Segments written to within this time are judged alone, when they hold enough records.
  static let recentSeconds = 60.0
  static let enoughRecords: Int64 = 10
  /// From here on nearly all records are dead. In percent.
  static let alarmingPercent: Int64 = 90
  /// How many segments of each partition, of a minute each, are looked at.
  static let segmentsPerPartition = 5
  /// How many letters of each partition are looked at for what is wrong with them.
  static let lettersPerPartition = 100

  public var consumed: Int64
  public var dead: Int64
  /// Where the judged segments begin.
  public var starts: [Int32: Int64]

  /// - Returns: nil unless (nearly) all of the latest records are dead. It stays so when nothing comes any more. Fewer
  ///   records than are enough are judged only when every single one is dead.
  public static func alarming(_ segments: [Segment]) -> DeadShare? {
    let recent = DeadShare(segments.filter { $0.ageSeconds <= recentSeconds })
    if recent.consumed > 0, !recent.isAlarming { return nil }
    let judged = recent.consumed >= enoughRecords ? recent : DeadShare(segments)
    guard judged.consumed > 0, judged.isAlarming, judged.consumed >= enoughRecords || judged.dead == judged.consumed
    else { return nil }
    return judged
  }

  private init(_ segments: [Segment]) {
    consumed = segments.reduce(0) { $0 + $1.consumed }
    dead = segments.reduce(0) { $0 + $1.dead }
    starts = Dictionary(segments.map { ($0.partition, $0.firstOffset) }, uniquingKeysWith: min)
  }

  private var isAlarming: Bool { dead * 100 >= consumed * DeadShare.alarmingPercent }

  /// What is wrong, for a person. Holds nothing of the events.
  ///
  /// - Parameters:
  ///   - code: the commonest.
  ///   - look: what a payload looks like, e.g. `it begins like JSON`.
  public func text(code: String, look: String?) -> String {
    """
    \(dead == consumed ? "all" : "\(dead) of the") latest \(consumed) records are dead letters, most of them \(code)\
    \(look.map { " (\($0))" } ?? ""): SELECT code, count(*), min(reason) FROM dead_letters GROUP BY code
    """
  }
}

// What is known of them in Postgres.
extension DeadShare {
  /// Looks at the ledger and, where that alarms, at the letters.
  /// - Returns: what is wrong; nil when nothing is, and when all of the letters have been replayed or removed.
  public static func problem(
    _ connection: PostgresConnection, stream: String, cluster: String, topic: String
  ) throws(PostgresError) -> String? {
    let rows = try connection.query(
      """
      SELECT l.partition, l.first_offset, l.consumed, l.dead,
        extract(epoch FROM clock_timestamp() - l.updated_at)::double precision
      FROM \(connection.pulse).progress AS p CROSS JOIN LATERAL (
        SELECT l.* FROM \(connection.pulse).ledger AS l
        WHERE l.stream = p.stream AND l.cluster = p.cluster AND l.topic = p.topic AND l.partition = p.partition
        ORDER BY l.first_offset DESC LIMIT \(segmentsPerPartition)) AS l
      WHERE p.stream = $3 AND p.cluster = $1 AND p.topic = $2
      """, [.text(cluster), .text(topic), .text(stream)])
    let segments = (0..<rows.rowCount).compactMap { row -> Segment? in
      guard let partition = rows.integer(row, 0), let first = rows.integer(row, 1), let consumed = rows.integer(row, 2),
        let dead = rows.integer(row, 3), let age = rows.double(row, 4)
      else { return nil }
      return Segment(
        partition: Int32(clamping: partition), firstOffset: first, consumed: consumed, dead: dead, ageSeconds: age)
    }
    guard let share = alarming(segments) else { return nil }
    let commonest = try share.commonest(connection, stream: stream, cluster: cluster, topic: topic)
    return commonest.map { share.text(code: $0, look: $1) }
  }

  private func commonest(
    _ connection: PostgresConnection, stream: String, cluster: String, topic: String
  ) throws(PostgresError) -> (code: String, look: String?)? {
    let mayRead = try connection.query("SELECT has_column_privilege('dead_letters', 'reason', 'SELECT')")
    // Reasons may quote events, and the API's role may not read them. What is taken out of one is of these words alone.
    let look =
      mayRead.boolean(0, 0) == true
      ? """
      substring(d.reason FROM '(it begins like (JSON|XML|text|gzip data|zstd data|lz4 data|snappy data|a zip archive|\
      a Parquet file|an Avro container file|Avro''s single-object encoding|a Confluent header|Apicurio''s header|\
      AWS Glue''s header))')
      """ : "NULL::text"
    let partitions = starts.sorted { $0.key < $1.key }.map { "(\($0.key), \($0.value)::bigint)" }
    let rows = try connection.query(
      """
      SELECT d.code, mode() WITHIN GROUP (ORDER BY d.look)
      FROM (VALUES \(partitions.joined(separator: ", "))) AS s (partition, start) CROSS JOIN LATERAL (
        SELECT d.code, \(look) AS look FROM dead_letters AS d
        WHERE d.stream = $3 AND d.cluster = $1 AND d.topic = $2 AND d.partition = s.partition AND d.record_offset >= s.start
          AND d.aggregate IS NULL AND d.replayed_at IS NULL
        ORDER BY d.record_offset DESC LIMIT \(DeadShare.lettersPerPartition)) AS d
      GROUP BY d.code ORDER BY count(*) DESC, d.code LIMIT 1
      """, [.text(cluster), .text(topic), .text(stream)])
    guard rows.rowCount > 0, let code = rows[0, 0] else { return nil }
    return (code, rows[0, 1])
  }
}
