import Events
import Synthesis

/// One request that a web server has answered, made up or from a log. The texts are valid until its maker makes the next
/// event.
public struct RequestEvent {
  /// Event time in milliseconds since 1970 UTC.
  public var timestampMilliseconds: Int64
  /// An address or a host name; of those that are made up, an IPv4 address of a documentation network (RFC 5737) or a
  /// private one (RFC 1918).
  public var client: TextView
  public var method: TextView
  public var path: TextView
  public var status: Int32
  public var bytes: Int64
  public var referrer: TextView?
  public var userAgent: TextView?

  public static let form = EventForm(
    name: "Request", doc: "One request that a web server has answered.", timeText: .iso8601,
    fields: [
      .init("event_time", .time, doc: "When it was answered: the event time."),
      .init("client", .text, doc: "Address or host name of the client."),
      .init("method", .text, doc: "GET, POST and so on."),
      .init("path", .text, doc: "What was asked for, without its query."),
      .init("status", .integer, doc: "The answer's status."),
      .init("bytes", .bigint, doc: "Size of the answer."),
      .init("referrer", .text, isNullable: true, doc: "Where the client came from."),
      .init("user_agent", .text, isNullable: true, doc: "The client's program."),
    ])

  /// Puts the event's values into a row of the form.
  public func write(into row: EventRow) {
    row[0] = .time(timestampMilliseconds)
    row[1] = .text(client)
    row[2] = .text(method)
    row[3] = .text(path)
    row[4] = .integer(Int64(status))
    row[5] = .integer(bytes)
    row[6] = referrer.map { .text($0) } ?? .null
    row[7] = userAgent.map { .text($0) } ?? .null
  }
}
