import Events
import Kafka
import Postgres
import Storage

/// Removes dead letters that are old, once nothing needs them: they are forwarded where they are to be, and the topic does
/// not hold their records any more, which a replay or a recount would take for events. Their numbers stay, so that `verify`
/// adds up.
package struct LetterRetention {
  /// Removed in one transaction, at most.
  package var portion: Int64 = 1_000
  package let days: Int

  package init(days: Int) {
    self.days = days
  }

  /// The partitions of old dead letters, of the topic that is read now; nil: there are none of whichever topic.
  package func partitions(
    of stream: String, cluster: String, topic: String, _ connection: PostgresConnection
  ) throws(PostgresError) -> [Int32]? {
    let rows = try connection.query(
      """
      SELECT DISTINCT CASE WHEN cluster = $2 AND topic = $3 THEN partition END FROM dead_letters
      WHERE stream = $1 AND created_at < clock_timestamp() - make_interval(days => $4::integer)
      """, [.text(stream), .text(cluster), .text(topic), .bigint(Int64(days))])
    guard rows.rowCount > 0 else { return nil }
    return (0..<rows.rowCount).compactMap { rows.integer($0, 0).map { Int32($0) } }
  }

  /// Removes a portion.
  ///
  /// - Parameter beginnings: the oldest offset that the topic still holds, of each partition that is known.
  /// - Returns: how many; fewer than a portion are the last, also when rows of the stream are being made anew.
  package func removePortion(
    of stream: String, cluster: String, topic: String, beginnings: [Int32: Offset], _ connection: PostgresConnection
  ) throws(PostgresError) -> Int {
    var partitions = PostgresArray(.integer)
    var offsets = PostgresArray(.bigint)
    for (partition, offset) in beginnings {
      partitions.append(Int64(partition))
      offsets.append(offset)
    }
    return try connection.transaction { () throws(PostgresError) in
      guard try keepReplaysOut(of: stream, connection) else { return 0 }
      let result = try connection.query(
        """
        SELECT \(connection.pulse).forget_letters(
          $1, $2, $3, $4, $5, clock_timestamp() - make_interval(days => $6::integer), $7)
        """,
        [
          .text(stream), .text(cluster), .text(topic), .array(partitions), .array(offsets), .bigint(Int64(days)),
          .bigint(portion),
        ])
      return Int(result.integer(0, 0) ?? 0)
    }
  }
}

/// Where the logs of a topic begin. Asked rarely: each time with a client of its own.
struct TopicBeginnings: Sendable {
  /// A broker that is silent for so long is away.
  private static let patienceMilliseconds: Int32 = 3_000

  /// The first one that is away ends it; those before it were fast.
  static let longestMilliseconds = 60_000

  let kafka: KafkaConfiguration
  let topic: String

  /// - Returns: without the partitions of which it cannot be said.
  func offsets(_ partitions: [Int32]) -> [Int32: Offset] {
    guard let admin = try? KafkaAdmin(configuration: kafka) else { return [:] }
    var offsets: [Int32: Offset] = [:]
    for partition in partitions {
      do throws(KafkaError) {
        offsets[partition] =
          try admin.watermarkOffsets(
            topic: topic, partition: partition, timeoutMilliseconds: Self.patienceMilliseconds
          ).low
      } catch {
        // Tried again in the next round; the others would wait as long.
        return offsets
      }
    }
    return offsets
  }
}
