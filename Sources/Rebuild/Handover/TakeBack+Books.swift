import Events
import Postgres
import Storage
import Threads

/// What a way back enters into the books.
extension TakeBack {
  /// What is counted stays counted, under another name of the cluster. To that belongs what Flink has read: offsets that are
  /// in no row by us, up to an event time before which no recount judges and no replay begins.
  func setBooksAside(_ cluster: String, _ outline: Outline, until: Int64?) throws(PostgresError) {
    let pulse = connection.pulse
    let here: [PostgresParameter] = [.text(name), .text(cluster), .text(topic)]
    for (partition, position) in outline.positions.sorted(by: { $0.key < $1.key }) {
      let own = try connection.query(
        """
        SELECT next_offset FROM \(pulse).progress WHERE (stream, cluster, topic, partition) = ($1, $2, $3, $4::integer)
        """, here + [.bigint(Int64(partition))]
      )
      var archive = "\(cluster) until \(Clock.wall())"
      if own.rowCount > 0 {
        archive =
          try connection.query(
            "SELECT \(pulse).begin_again($2, $3, $4::integer, $1)", here + [.bigint(Int64(partition))])[0, 0] ?? archive
      }
      let first = own.rowCount > 0 ? own.integer(0, 0) ?? position : outline.ranges[partition]?.lowerBound ?? position
      if first < position {
        try enterFlinks(archive, partition, first..<position, until: until, hasProgress: own.rowCount > 0)
      }
      _ = try connection.query(
        """
        INSERT INTO \(pulse).progress (stream, cluster, topic, partition, next_offset, epoch, owner, watermark)
        VALUES ($1, $2, $3, $4::integer, $5, 0, 'handover', $6)
        """,
        here + [
          .bigint(Int64(partition)), .bigint(position),
          outline.watermarks[partition].map { .timestamptz(microseconds: $0) } ?? .null,
        ])
    }
  }

  private func enterFlinks(
    _ archive: String, _ partition: Int32, _ range: Range<Offset>, until: Int64?, hasProgress: Bool
  ) throws(PostgresError) {
    let pulse = connection.pulse
    let place: [PostgresParameter] = [
      .text(name), .text(archive), .text(topic), .bigint(Int64(partition)), .bigint(range.lowerBound),
      .bigint(range.upperBound),
    ]
    if hasProgress {
      _ = try connection.query(
        """
        UPDATE \(pulse).progress SET next_offset = $6
        WHERE (stream, cluster, topic, partition) = ($1, $2, $3, $4::integer) AND next_offset = $5
        """, place)
    } else {
      _ = try connection.query(
        """
        INSERT INTO \(pulse).progress (stream, cluster, topic, partition, next_offset, epoch, owner)
        VALUES ($1, $2, $3, $4::integer, $5, 0, 'flink')
        """, place.prefix(4) + [.bigint(range.upperBound)])
    }
    _ = try connection.query(
      """
      INSERT INTO \(pulse).ledger
        (stream, cluster, topic, partition, first_offset, next_offset, consumed, missing, dead, epoch, latest_event)
      VALUES ($1, $2, $3, $4::integer, $5, $6, 0, $6::bigint - $5::bigint, 0, 0, $7)
      """, place + [until.map { .timestamptz(microseconds: $0) } ?? .null])
    _ = try connection.query(
      """
      UPDATE \(pulse).ledger AS l SET seal = \(pulse).seal(l)
      WHERE (stream, cluster, topic, partition, first_offset) = ($1, $2, $3, $4::integer, $5) AND next_offset = $6
      """, place)
    _ = try connection.query(
      """
      INSERT INTO \(pulse).gaps (stream, cluster, topic, partition, first_offset, next_offset, reason)
      VALUES ($1, $2, $3, $4::integer, $5, $6, 'flink')
      """, place)
  }

  /// How many more events the rows hold than the books count, Flink's among them: as of a replay.
  func record(
    _ made: OpenRows.Made, _ cluster: String, _ outline: Outline, records: Int
  ) throws(PostgresError) {
    let surplus = made.surplus ?? 0
    if outline.isOwn, surplus == 0 { return }
    var (partitions, offsets) = (PostgresArray(.integer), PostgresArray(.bigint))
    for (partition, position) in outline.positions.sorted(by: { $0.key < $1.key }) {
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
        .text(made.aggregate.name), .text(cluster), .text(topic),
        .timestamptz(microseconds: outline.tasks[made.aggregate.name]?.boundary ?? .min), .array(partitions),
        .array(offsets), .bigint(Int64(records)), .bigint(surplus), .text(name),
      ])
  }
}
