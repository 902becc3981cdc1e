import Events

/// Why a line of an access log cannot be an event. The raw value completes “line 7: …”.
public enum AccessLogError: String, Error, Equatable, CaseIterable {
  case empty = "the line is empty"
  case tooLong = "the line is longer than 64 KiB"
  case noClient = "there is no client address, identity and user before the time"
  case badClient = "not one address or host name stands before identity and user: a virtual host, a port or a list"
  case badTime = "the time is not [day/month/year:hour:minute:second zone]"
  case noRequest = "there is no request in quotes after the time"
  case badRequest = "the request is not METHOD PATH PROTOCOL"
  case badStatus = "the status is not a number from 100 to 599"
  case badBytes = "the size is neither a number nor -"
  case trailing = "something other than a quoted referrer and user agent follows the size"
  case notUTF8 = "the client or the path is not UTF-8 text without zero bytes"
}

/// One line of an access log in common or combined format: views into the line's bytes.
public struct AccessLogLine {
  /// Address or host name; - where the log does not tell.
  public var client: TextView
  /// Milliseconds since 1970 UTC.
  public var timestampMilliseconds: Int64
  public var method: TextView
  /// Without its query; escapes are left as the log has them.
  public var path: TextView
  public var status: Int
  /// 0 when the log says `-`.
  public var bytes: Int64
  /// Where the client came from; empty when the log says `-` or has none.
  public var referrer: TextView
  /// Empty when the log says `-` or has none.
  public var userAgent: TextView
  /// The line ends inside its last quoted field, which is used as far as it goes.
  public var isCutShort: Bool

  /// Reads a line without its line end. Fields after the user agent, which some servers add, are left out. The views are
  /// valid as long as `line` is.
  public init(parsing line: UnsafeBufferPointer<UInt8>) throws(AccessLogError) {
    var text = line.lastIndex { $0 != UInt8(ascii: " ") }.map { line[...$0] } ?? line[..<0]
    // A byte order mark, which some editors put before the first line.
    if text.starts(with: [0xef, 0xbb, 0xbf]) { text = text.dropFirst(3) }
    var scan = FieldScanner(UnsafeBufferPointer(rebasing: text))
    guard !scan.isAtEnd else { throw .empty }
    guard let client = scan.word(), let owner = scan.skipToTime() else { throw .noClient }
    guard ClientField.isClient(client), ClientField.isOwner(identity: owner.identity, user: owner.user) else {
      throw .badClient
    }
    guard let time = scan.bracketed(), let milliseconds = accessLogTime(time) else { throw .badTime }
    guard scan.skipSpace(), let request = scan.quoted(), request.isClosed else { throw .noRequest }
    guard let parts = Self.requestParts(request.text) else { throw .badRequest }
    guard scan.skipSpace(), let status = scan.word().flatMap(Self.number), (100...599).contains(status) else {
      throw .badStatus
    }
    guard scan.skipSpace(), let size = scan.word() else { throw .badBytes }
    if Self.isDash(size) {
      bytes = 0
    } else {
      guard let number = Self.number(size) else { throw .badBytes }
      bytes = number
    }
    referrer = .empty
    userAgent = .empty
    isCutShort = false
    if scan.skipSpace() {
      guard let origin = scan.quoted() else { throw .trailing }
      isCutShort = !origin.isClosed
      if !Self.isDash(origin.text) { referrer = origin.text }
      if scan.skipSpace() {
        guard let agent = scan.quoted() else { throw .trailing }
        isCutShort = !agent.isClosed
        if !Self.isDash(agent.text) { userAgent = agent.text }
      }
    }
    guard scan.isAtEnd || scan.skipSpace() else { throw .trailing }
    guard Self.isText(client), Self.isText(parts.path) else { throw .notUTF8 }
    self.client = client
    timestampMilliseconds = milliseconds
    method = parts.method
    path = parts.path
    self.status = Int(status)
  }

  /// `GET /path?query HTTP/1.1`; the protocol may be missing as in HTTP/0.9. The path of `http://host/path` is `/path`.
  private static func requestParts(_ request: TextView) -> (method: TextView, path: TextView)? {
    let bytes = request.bytes
    guard let space = bytes.firstIndex(of: UInt8(ascii: " ")), space > 0 else { return nil }
    let method = bytes[..<space]
    guard method.allSatisfy({ (0x41...0x5a).contains($0) || $0 == 0x2d || $0 == 0x5f }) else { return nil }
    var target = bytes[(space + 1)...]
    // A space in the path is the client's mistake, but the protocol is always the last word.
    if let last = target.lastIndex(of: UInt8(ascii: " ")), target[(last + 1)...].starts(with: "HTTP/".utf8) {
      target = target[..<last]
    }
    if let query = target.firstIndex(of: UInt8(ascii: "?")) { target = target[..<query] }
    for scheme in ["http://", "https://"] where target.starts(with: scheme.utf8) {
      let host = target.dropFirst(scheme.utf8.count)
      guard let slash = host.firstIndex(of: UInt8(ascii: "/")) else { return nil }
      target = target[slash...]
    }
    guard !target.isEmpty else { return nil }
    return (view(method), view(target))
  }

  private static func view(_ slice: Slice<UnsafeBufferPointer<UInt8>>) -> TextView {
    guard let start = slice.base.baseAddress else { return .empty }
    return TextView(start: start + slice.startIndex, count: slice.count)
  }

  private static func isDash(_ text: TextView) -> Bool {
    text.count == 1 && text.start.pointee == UInt8(ascii: "-")
  }

  private static func number(_ text: TextView) -> Int64? {
    guard (1...18).contains(text.count) else { return nil }
    var value: Int64 = 0
    for byte in text.bytes {
      guard (0x30...0x39).contains(byte) else { return nil }
      value = value * 10 + Int64(byte - 0x30)
    }
    return value
  }

  private static func isText(_ text: TextView) -> Bool {
    !text.bytes.contains(0) && String(validating: text.bytes, as: UTF8.self) != nil
  }
}

/// Takes a log line apart from left to right.
private struct FieldScanner {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0

  init(_ bytes: UnsafeBufferPointer<UInt8>) {
    self.bytes = bytes
  }

  var isAtEnd: Bool { position == bytes.count }

  /// Bytes up to a space or the end; nil when there are none.
  mutating func word() -> TextView? {
    let start = position
    while position < bytes.count, bytes[position] != UInt8(ascii: " ") { position += 1 }
    return start < position ? text(start, position) : nil
  }

  /// Whether there was a space; it takes all there are.
  mutating func skipSpace() -> Bool {
    let start = position
    while position < bytes.count, bytes[position] == UInt8(ascii: " ") { position += 1 }
    return start < position
  }

  /// Takes the identity and the user, who may have spaces in their names, up to the bracket. Both must be there.
  mutating func skipToTime() -> (identity: TextView, user: TextView)? {
    guard skipSpace(), let identity = word() else { return nil }
    let afterIdentity = position
    while position < bytes.count {
      if bytes[position] == UInt8(ascii: "["), bytes[position - 1] == UInt8(ascii: " ") {
        return position > afterIdentity + 2 ? (identity, text(afterIdentity + 1, position - 1)) : nil
      }
      position += 1
    }
    return nil
  }

  /// What stands between `[` and `]`.
  mutating func bracketed() -> TextView? {
    let start = position + 1
    while position < bytes.count {
      position += 1
      if bytes[position - 1] == UInt8(ascii: "]") { return text(start, position - 1) }
    }
    return nil
  }

  /// What stands between quotes, in which a backslash takes the byte after it along. nil when there is no quote.
  mutating func quoted() -> (text: TextView, isClosed: Bool)? {
    guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { return nil }
    position += 1
    let start = position
    while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
      position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
    }
    guard position < bytes.count else {
      position = bytes.count
      return (text(start, bytes.count), false)
    }
    position += 1
    return (text(start, position - 1), true)
  }

  private func text(_ start: Int, _ end: Int) -> TextView {
    guard let base = bytes.baseAddress else { return .empty }
    return TextView(start: base + start, count: end - start)
  }
}
