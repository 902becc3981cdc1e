import Events
import Hexadecimal
import JSON
import Postgres

/// A dead letter as it is forwarded: the original record, and why it is dead in additional headers.
package struct OutgoingLetter: Sendable {
  package var id: Int64
  package var topic: String
  package var key: [UInt8]?
  package var value: [UInt8]?
  package var headers: [RecordHeader]
}

/// What is still to be forwarded: written by the sink in the transaction of the dead letters, emptied by the forwarder
/// when the brokers have acknowledged.
package struct Outbox {
  /// Letters and bytes that are under way at the same time.
  package static let portion = (letters: 500, bytes: 8 << 20)

  private let connection: PostgresConnection
  private let stream: String

  /// - Parameter stream: whose letters are forwarded.
  package init(connection: PostgresConnection, stream: String) {
    self.connection = connection
    self.stream = stream
  }

  /// The oldest letters, at least one if there is any.
  package func oldest(atMost limit: Int) throws(PostgresError) -> [OutgoingLetter] {
    let result = try connection.query(
      """
      SELECT letter, outbox_topic, key, value, headers, json_strip_nulls(json_build_object(
        'streampulse.id', message_id, 'streampulse.code', code, 'streampulse.reason', reason,
        'streampulse.stream', stream, 'streampulse.cluster', cluster, 'streampulse.topic', topic,
        'streampulse.partition', partition::text, 'streampulse.offset', record_offset::text,
        'streampulse.timestamp', ((extract(epoch FROM record_timestamp) * 1000)::bigint)::text,
        'streampulse.schema_id', schema_id::text, 'streampulse.aggregate', aggregate,
        'streampulse.window_start',
          to_char(window_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')))
      FROM (SELECT o.letter, o.topic AS outbox_topic, d.*, row_number() OVER (ORDER BY letter) AS number,
                   sum(coalesce(octet_length(d.key), 0) + coalesce(octet_length(d.value), 0)) OVER (ORDER BY letter)
                     AS bytes
            FROM (SELECT w.letter, w.topic
                  FROM \(connection.pulse).outbox AS w JOIN dead_letters AS l ON l.id = w.letter
                  WHERE w.problem IS NULL AND l.stream = $3 ORDER BY w.letter LIMIT $1) AS o
            JOIN dead_letters AS d ON d.id = o.letter) AS d
      WHERE bytes <= $2 OR number = 1
      ORDER BY letter
      """, [.bigint(Int64(limit)), .bigint(Int64(Outbox.portion.bytes)), .text(stream)])
    return (0..<result.rowCount).compactMap { row in
      guard let id = result.integer(row, 0), let topic = result[row, 1] else { return nil }
      return OutgoingLetter(
        id: id, topic: topic, key: result.bytea(row, 2), value: result.bytea(row, 3),
        headers: DeadLetter.headers(fromJSON: result[row, 4] ?? "") + Outbox.added(result[row, 5] ?? ""))
    }
  }

  private static func added(_ json: String) -> [RecordHeader] {
    let members = (try? JSONValue(parsing: json))?.objectValue ?? []
    return members.map { RecordHeader(name: $0.name, value: Array(($0.value.stringValue ?? $0.value.text).utf8)) }
  }

  /// The brokers have them all.
  package func forwarded(_ ids: [Int64]) throws(PostgresError) {
    var numbers = PostgresArray(.bigint, capacityHint: ids.count)
    for id in ids { numbers.append(id) }
    _ = try connection.pipeline([
      // In the order in which a replay takes them, too.
      PostgresStatement(
        "SELECT FROM dead_letters WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE", [.array(numbers)]),
      PostgresStatement("UPDATE dead_letters SET forwarded_at = now() WHERE id = ANY ($1)", [.array(numbers)]),
      PostgresStatement("DELETE FROM \(connection.pulse).outbox WHERE letter = ANY ($1)", [.array(numbers)]),
    ])
  }

  /// It can never be forwarded as it is: it stays for somebody to see, and the others go on.
  package func setAside(_ id: Int64, problem: String) throws(PostgresError) {
    _ = try connection.query(
      "UPDATE \(connection.pulse).outbox SET problem = $2 WHERE letter = $1", [.bigint(id), .text(storable(problem))])
  }
}
