import JSON
import Postgres

/// What listeners are told when results have changed.
public enum Announcement {
  /// The channel of `LISTEN`, not quoted: `streampulse`, or of a project whose results are in a schema of its own
  /// `streampulse_SCHEMA`.
  public static func channel(for connection: PostgresConnection) -> String {
    connection.schema.map { "streampulse_" + $0 } ?? "streampulse"
  }

  /// The channel on which is said that other definitions are in force; the payload is their version.
  public static func definitionsChannel(for connection: PostgresConnection) -> String {
    channel(for: connection) + ".definitions"
  }

  /// A JSON object that names the stream.
  package static func payload(stream: String) -> String {
    JSONValue.object([JSONMember("stream", .string(stream))]).text
  }
}
