/// What can be said of the first bytes that a client has sent (RFC 9112, sections 2 to 6). They may be anything, and may
/// still be growing.
enum HeadScan: Equatable {
  /// It may become a request.
  case incomplete
  /// A whole head; `path` is its target's without the query.
  case complete(path: Range<Int>)
  case refused(HeadFault)

  private static let lineFeed = UInt8(ascii: "\n")
  private static let carriageReturn = UInt8(ascii: "\r")
  private static let space = UInt8(ascii: " ")
  /// No method is longer; what has no space by then is no request.
  private static let maximumMethodBytes = 32

  init(_ bytes: UnsafeBufferPointer<UInt8>, maximumTargetBytes: Int, maximumHeadBytes: Int) {
    var start = 0
    // Clients of old send an empty line behind a body.
    while start < bytes.count, bytes[start] == Self.carriageReturn || bytes[start] == Self.lineFeed { start += 1 }
    let methodEnd = Self.find(Self.space, in: bytes, from: start)
    let methodCount = (methodEnd ?? bytes.count) - start
    guard methodCount <= Self.maximumMethodBytes,
      bytes[start..<(start + methodCount)].allSatisfy({ Self.isMethodByte($0) })
    else {
      self = .refused(.malformed)
      return
    }
    guard let methodEnd else {
      self = bytes.count > maximumHeadBytes ? .refused(.headTooLarge) : .incomplete
      return
    }
    let targetStart = methodEnd + 1
    let lineEnd = Self.find(Self.lineFeed, in: bytes, from: targetStart)
    let targetEnd = Self.find(Self.space, in: bytes, from: targetStart) ?? lineEnd ?? bytes.count
    guard min(targetEnd, lineEnd ?? targetEnd) - targetStart <= maximumTargetBytes else {
      self = .refused(.targetTooLong)
      return
    }
    guard let lineEnd else {
      self = bytes.count > maximumHeadBytes ? .refused(.headTooLarge) : .incomplete
      return
    }
    let textEnd = bytes[lineEnd - 1] == Self.carriageReturn ? lineEnd - 1 : lineEnd
    guard methodCount > 0, targetEnd > targetStart, targetEnd < textEnd,
      bytes[(targetEnd + 1)..<textEnd].starts(with: "HTTP/".utf8)
    else {
      self = .refused(.malformed)
      return
    }
    guard let minor = Self.minorVersion(UnsafeBufferPointer(rebasing: bytes[(targetEnd + 1)..<textEnd])) else {
      self = .refused(.unsupportedVersion)
      return
    }
    self = Self.headers(of: bytes, from: lineEnd + 1, needsHost: minor > 0)
    switch self {
    case .incomplete where bytes.count > maximumHeadBytes: self = .refused(.headTooLarge)
    case .complete(let end):
      let pathEnd = Self.find(UInt8(ascii: "?"), in: bytes, from: targetStart).map { min($0, targetEnd) } ?? targetEnd
      self = end.upperBound > maximumHeadBytes ? .refused(.headTooLarge) : .complete(path: targetStart..<pathEnd)
    default: break
    }
  }

  /// `complete` holds the range of the header lines.
  private static func headers(
    of bytes: UnsafeBufferPointer<UInt8>, from start: Int, needsHost: Bool
  ) -> HeadScan {
    var framing = Framing()
    var line = start
    while let end = find(lineFeed, in: bytes, from: line) {
      let textEnd = end > line && bytes[end - 1] == carriageReturn ? end - 1 : end
      if textEnd == line {
        if let fault = framing.fault(needsHost: needsHost) { return .refused(fault) }
        return .complete(path: start..<(end + 1))
      }
      // A line that begins with a space goes on with the one before (obsolete folding), or hides a header from others.
      guard let colon = find(UInt8(ascii: ":"), in: bytes, from: line), colon > line, colon < textEnd,
        bytes[line..<colon].allSatisfy({ $0 > space && $0 < 0x7f })
      else { return .refused(.malformed) }
      framing.add(
        name: UnsafeBufferPointer(rebasing: bytes[line..<colon]), value: trimmed(bytes, colon + 1, textEnd))
      line = end + 1
    }
    return .incomplete
  }

  /// `HTTP/1.1`: 1.
  private static func minorVersion(_ text: UnsafeBufferPointer<UInt8>) -> Int? {
    guard text.count == 8, text.starts(with: "HTTP/1.".utf8),
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(text[7])
    else { return nil }
    return Int(text[7] - UInt8(ascii: "0"))
  }

  private static func trimmed(
    _ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int
  ) -> UnsafeBufferPointer<UInt8> {
    var (start, end) = (start, end)
    while start < end, bytes[start] == space || bytes[start] == 9 { start += 1 }
    while start < end, bytes[end - 1] == space || bytes[end - 1] == 9 { end -= 1 }
    return UnsafeBufferPointer(rebasing: bytes[start..<end])
  }

  private static func find(_ byte: UInt8, in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
    var index = start
    while index < bytes.count {
      if bytes[index] == byte { return index }
      index += 1
    }
    return nil
  }

  /// The characters of tokens (RFC 9110, section 5.6.2) that methods are made of in practice.
  private static func isMethodByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"),
      UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
