/// What the headers of one request say about where it ends and whom it is for. Where that is in doubt, a proxy in front
/// may see other requests in the same bytes than this server does (request smuggling), so the connection is given up.
struct Framing {
  private var hosts = 0
  private var length: UInt64?
  private var isChunked = false
  private var found: HeadFault?

  /// One header, in the order of the request; the name in any case of letters, the value without spaces around it.
  mutating func add(name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>) {
    // Of most names the length says that they are none of these.
    switch name.count {
    case 4 where Self.equal(name, "host"): hosts += 1
    case 14 where Self.equal(name, "content-length"): add(length: value)
    case 17 where Self.equal(name, "transfer-encoding"):
      if isChunked || !Self.equal(value, "chunked") { found = found ?? .unsupportedCoding }
      isChunked = true
    default: break
    }
  }

  /// Whether anything speaks against the request.
  ///
  /// - Parameter needsHost: HTTP/1.0 needs none.
  func fault(needsHost: Bool) -> HeadFault? {
    if hosts > 1 { return .severalHosts }
    if hosts == 0, needsHost { return .noHost }
    if isChunked, length != nil { return .ambiguousLength }
    return found
  }

  private mutating func add(length value: UnsafeBufferPointer<UInt8>) {
    guard let number = Self.decimal(value) else {
      found = found ?? .invalidLength
      return
    }
    // Equal ones could be taken for one (RFC 9112, section 6.3); nobody sends them in good faith.
    if length != nil { found = found ?? .ambiguousLength }
    length = number
  }

  private static func decimal(_ digits: UnsafeBufferPointer<UInt8>) -> UInt64? {
    guard !digits.isEmpty, digits.count <= 18 else { return nil }
    var number: UInt64 = 0
    for digit in digits {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
      number = number * 10 + UInt64(digit - UInt8(ascii: "0"))
    }
    return number
  }

  private static func equal(_ bytes: UnsafeBufferPointer<UInt8>, _ lowercase: StaticString) -> Bool {
    guard bytes.count == lowercase.utf8CodeUnitCount else { return false }
    for index in 0..<bytes.count {
      let byte = bytes[index]
      let lower = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
      if lower != lowercase.utf8Start[index] { return false }
    }
    return true
  }
}
