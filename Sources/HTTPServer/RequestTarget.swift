/// One `name=value` of a request's query, decoded.
public struct QueryItem: Hashable, Sendable {
  public var name: String
  /// Empty when the item has no `=`.
  public var value: String

  public init(name: String, value: String) {
    self.name = name
    self.value = value
  }
}

/// Where a request is directed: the first line's middle part (RFC 9112, section 3.2).
package struct RequestTarget: Equatable {
  /// Decoded; begins with `/`, except for `*`. Dot segments are left as they are.
  package var path: String
  /// In the order and with the repetitions of the request.
  package var query: [QueryItem]

  /// nil when it is neither in origin nor in absolute form, holds a space or a control character, an escape is not `%HH`,
  /// or it is, with and without escapes, not UTF-8 or holds a zero byte.
  init?(_ raw: [UInt8]) {
    let parsed = raw.withUnsafeBufferPointer { Self($0) }
    guard let parsed else { return nil }
    self = parsed
  }

  /// The same; `raw` is needed only for the time of the call.
  package init?(_ raw: UnsafeBufferPointer<UInt8>) {
    guard raw.allSatisfy({ $0 > UInt8(ascii: " ") && $0 != 0x7f }) else { return nil }
    var rest = Slice(base: raw, bounds: raw.startIndex..<raw.endIndex)
    if rest.first != UInt8(ascii: "/") {
      if rest.elementsEqual("*".utf8) {
        path = "*"
        query = []
        return
      }
      guard let pathStart = Self.pathStart(ofAbsolute: rest) else { return nil }
      rest = rest[pathStart...]
    }
    let queryMark = rest.firstIndex(of: UInt8(ascii: "?"))
    let pathPart = rest[..<(queryMark ?? rest.endIndex)]
    guard let path = pathPart.isEmpty ? "/" : Self.decode(pathPart, plusIsSpace: false) else { return nil }
    self.path = path
    query = []
    guard let queryMark else { return }
    for part in rest[(queryMark + 1)...].split(separator: UInt8(ascii: "&")) {
      let equals = part.firstIndex(of: UInt8(ascii: "="))
      guard let name = Self.decode(part[..<(equals ?? part.endIndex)], plusIsSpace: true),
        let value = equals.map({ Self.decode(part[($0 + 1)...], plusIsSpace: true) }) ?? ""
      else { return nil }
      query.append(QueryItem(name: name, value: value))
    }
  }

  /// What stands between the slashes of a path, each decoded for itself: a slash that was escaped is part of a value. nil
  /// as above.
  package static func pathSegments(_ raw: [UInt8]) -> [String]? {
    raw.withUnsafeBufferPointer { raw -> [String]? in
      var rest = Slice(base: raw, bounds: raw.startIndex..<raw.endIndex)
      if rest.first != UInt8(ascii: "/") {
        guard let start = pathStart(ofAbsolute: rest) else { return nil }
        rest = rest[start...]
      }
      let path = rest[..<(rest.firstIndex(of: UInt8(ascii: "?")) ?? rest.endIndex)]
      var segments: [String] = []
      for part in path.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
        guard let segment = decode(part, plusIsSpace: false) else { return nil }
        segments.append(segment)
      }
      return segments
    }
  }

  private typealias Bytes = Slice<UnsafeBufferPointer<UInt8>>

  private static func pathStart(ofAbsolute target: Bytes) -> Int? {
    for scheme in ["http://", "https://"] where target.starts(with: scheme.utf8) {
      let authority = target.dropFirst(scheme.utf8.count)
      return authority.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? authority.endIndex
    }
    return nil
  }

  private static func decode(_ bytes: Bytes, plusIsSpace: Bool) -> String? {
    let needsWork = bytes.contains { $0 == UInt8(ascii: "%") || (plusIsSpace && $0 == UInt8(ascii: "+")) }
    guard needsWork else { return String(validating: bytes, as: UTF8.self) }
    var decoded: [UInt8] = []
    decoded.reserveCapacity(bytes.count)
    var index = bytes.startIndex
    while index < bytes.endIndex {
      let byte = bytes[index]
      if byte == UInt8(ascii: "%") {
        guard index + 2 < bytes.endIndex, let high = hexDigit(bytes[index + 1]), let low = hexDigit(bytes[index + 2])
        else { return nil }
        let value = high << 4 | low
        guard value != 0 else { return nil }
        decoded.append(value)
        index += 3
      } else {
        decoded.append(plusIsSpace && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
        index += 1
      }
    }
    return String(validating: decoded, as: UTF8.self)
  }

  private static func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
