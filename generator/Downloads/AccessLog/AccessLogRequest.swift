import Events
import Synthesis

extension AccessLogLine {
  /// A request as it stands in the log, for those who count requests instead of downloads.
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

  /// Puts the request's values into a row of the form.
  ///
  /// - Parameter shiftMilliseconds: added to its time.
  public func write(into row: EventRow, shiftMilliseconds: Int64 = 0) {
    row[0] = .time(timestampMilliseconds + shiftMilliseconds)
    row[1] = .text(client)
    row[2] = .text(method)
    row[3] = .text(path)
    row[4] = .integer(Int64(status))
    row[5] = .integer(bytes)
    row[6] = Self.value(referrer)
    row[7] = Self.value(userAgent)
  }

  /// Strangers write these: what is no text has no value.
  private static func value(_ text: TextView) -> FieldValue {
    text.count == 0 || text.bytes.contains(0) || String(validating: text.bytes, as: UTF8.self) == nil
      ? .null : .text(text)
  }
}
