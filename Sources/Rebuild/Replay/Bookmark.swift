import Events
import Postgres
import Storage

/// How far a shadow table is, kept in the database together with its rows: whoever was interrupted goes on from there.
struct Bookmark: Equatable {
  /// What the rows mean, as `TableShape` describes it.
  var shape: String
  var cluster: String
  var topic: String
  /// As in `ReplayScope`.
  var from: Int64
  /// How far each partition is contained, and from where on.
  var positions: [Int32: Offset] = [:]
  var starts: [Int32: Offset] = [:]
  /// How many records that were.
  var counts: [Int32: Int64] = [:]
  /// How many of them are dead letters.
  var dead: Int64 = 0

  /// What is kept of an aggregate; nil: nothing is, or its table is gone.
  ///
  /// - Parameter table: the shadow table.
  static func read(
    _ aggregate: String, table: String, _ connection: PostgresConnection
  ) throws(PostgresError) -> Bookmark? {
    let found = try connection.query(
      """
      SELECT b.shape, b.cluster, b.topic,
             CASE WHEN isfinite(b.from_time) THEN (extract(epoch FROM b.from_time) * 1000000)::bigint END, b.dead,
             p.partition, p.start, p.position, p.count
      FROM \(connection.pulse).backfills AS b
      LEFT JOIN unnest(b.partitions, b.starts, b.positions, b.counts) AS p (partition, start, position, count) ON true
      WHERE b.aggregate = $1 AND to_regclass($2) IS NOT NULL
      """, [.text(aggregate), .text(table)])
    guard found.rowCount > 0 else { return nil }
    var bookmark = Bookmark(
      shape: found[0, 0] ?? "", cluster: found[0, 1] ?? "", topic: found[0, 2] ?? "", from: found.integer(0, 3) ?? .min,
      dead: found.integer(0, 4) ?? 0)
    for row in 0..<found.rowCount {
      guard let partition = found.integer(row, 5).map({ Int32($0) }) else { continue }
      bookmark.starts[partition] = found.integer(row, 6)
      bookmark.positions[partition] = found.integer(row, 7)
      bookmark.counts[partition] = found.integer(row, 8)
    }
    return bookmark
  }

  /// Keeps it, in the transaction in which the table gets the rows.
  func write(_ aggregate: String, _ connection: PostgresConnection) throws(PostgresError) {
    var partitions = PostgresArray(.integer)
    var (begun, reached, read) = (PostgresArray(.bigint), PostgresArray(.bigint), PostgresArray(.bigint))
    for (partition, position) in positions.sorted(by: { $0.key < $1.key }) {
      partitions.append(Int64(partition))
      begun.append(starts[partition] ?? position)
      reached.append(position)
      read.append(counts[partition] ?? 0)
    }
    _ = try connection.query(
      """
      INSERT INTO \(connection.pulse).backfills
        (aggregate, shape, cluster, topic, from_time, partitions, starts, positions, counts, dead)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
      ON CONFLICT (aggregate) DO UPDATE SET
        (shape, cluster, topic, from_time, partitions, starts, positions, counts, dead, written_at)
          = (excluded.shape, excluded.cluster, excluded.topic, excluded.from_time, excluded.partitions, excluded.starts,
             excluded.positions, excluded.counts, excluded.dead, now())
      """,
      [
        .text(aggregate), .text(shape), .text(cluster), .text(topic), .timestamptz(microseconds: from),
        .array(partitions), .array(begun), .array(reached), .array(read), .bigint(dead),
      ])
  }

  static func remove(_ aggregates: [String], _ connection: PostgresConnection) throws(PostgresError) {
    _ = try connection.query(
      "DELETE FROM \(connection.pulse).backfills WHERE aggregate = ANY ($1)", [.array(PostgresArray(texts: aggregates))]
    )
  }
}
