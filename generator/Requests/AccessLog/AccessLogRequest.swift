import Events

extension AccessLogLine {
  /// The request as it stands in the log, for those who count requests instead of downloads. Valid as long as the line is.
  ///
  /// - Parameter shiftMilliseconds: added to its time.
  public func event(shiftMilliseconds: Int64 = 0) -> RequestEvent {
    RequestEvent(
      timestampMilliseconds: timestampMilliseconds + shiftMilliseconds, client: client, method: method, path: path,
      status: Int32(status), bytes: bytes, referrer: Self.value(referrer), userAgent: Self.value(userAgent))
  }

  /// Strangers write these: what is no text has no value.
  private static func value(_ text: TextView) -> TextView? {
    text.count == 0 || text.bytes.contains(0) || String(validating: text.bytes, as: UTF8.self) == nil ? nil : text
  }
}
