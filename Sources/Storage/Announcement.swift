import JSON

/// What listeners are told when results have changed.
public enum Announcement {
  /// The channel of `LISTEN`.
  public static let channel = "streampulse"

  /// A JSON object that names the stream.
  package static func payload(stream: String) -> String {
    JSONValue.object([JSONMember("stream", .string(stream))]).text
  }
}
