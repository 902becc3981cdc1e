import Postgres

/// When a stream's source was heard last, as the ledger tells it.
public struct NewestEvents: Sendable {
  /// Since the newest event happened, by its own time. Never negative, though clocks differ.
  public var eventAgeSeconds: Double?
  /// Since records were last committed.
  public var recordAgeSeconds: Double?

  /// Segments of a partition that are looked at: the last one may hold nothing but dead letters.
  private static let segments = 5

  /// nil: of whichever cluster.
  public init(
    _ connection: PostgresConnection, stream: String, topic: String, cluster: String?
  ) throws(PostgresError) {
    let rows = try connection.query(
      """
      SELECT extract(epoch FROM clock_timestamp() - max(l.latest_event))::double precision,
             extract(epoch FROM clock_timestamp() - max(l.updated_at))::double precision
      FROM \(connection.pulse).progress AS p
      CROSS JOIN LATERAL (
        SELECT latest_event, updated_at FROM \(connection.pulse).ledger AS s
        WHERE (s.stream, s.cluster, s.topic, s.partition) = (p.stream, p.cluster, p.topic, p.partition)
        ORDER BY first_offset DESC LIMIT \(NewestEvents.segments)
      ) AS l
      WHERE p.stream = $1 AND p.topic = $2 AND (p.cluster = $3 OR $3 IS NULL)
      """, [.text(stream), .text(topic), cluster.map { .text($0) } ?? .null])
    eventAgeSeconds = rows.double(0, 0).map { max(0, $0) }
    recordAgeSeconds = rows.double(0, 1).map { max(0, $0) }
  }
}
