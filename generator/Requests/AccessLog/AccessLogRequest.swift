import Events
import Synthesis

extension AccessLogLine {
  /// Puts the request's values, as they stand in the log, into a row of `RequestEvent`'s form, for those who count
  /// requests instead of downloads.
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
