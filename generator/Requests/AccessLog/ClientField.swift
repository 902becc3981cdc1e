import Events

/// Tells a client from what other formats put in its place. Taking `www.example.org:443` or the first of a list for a
/// user would count everybody as one.
enum ClientField {
  /// Whether the line's first word can be one address or host name, or the - of a log that does not tell.
  static func isClient(_ word: TextView) -> Bool {
    let bytes = word.bytes
    if bytes.contains(UInt8(ascii: ",")) { return false }
    // What nginx writes for a client on a local socket.
    if bytes.elementsEqual("unix:".utf8) { return true }
    return !bytes.contains(UInt8(ascii: ":")) || isIPv6(bytes)
  }

  /// Whether the words behind the client can be its identity and user. In lines of `$host $remote_addr - -` they are an
  /// address and `- -`.
  static func isOwner(identity: TextView, user: TextView) -> Bool {
    !isIPv4(identity.bytes) && !isIPv6(identity.bytes) && !user.bytes.starts(with: "- ".utf8)
  }

  /// Two colons or more, which no `host:port` has, among hexadecimal digits; perhaps the end in IPv4's form, and a zone.
  private static func isIPv6(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    let address = bytes.prefix { $0 != UInt8(ascii: "%") }
    return address.count { $0 == UInt8(ascii: ":") } >= 2
      && address.allSatisfy { isHexadecimal($0) || $0 == 0x3a || $0 == 0x2e }
  }

  private static func isIPv4(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    bytes.count { $0 == UInt8(ascii: ".") } == 3 && bytes.allSatisfy { isDigit($0) || $0 == UInt8(ascii: ".") }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  private static func isHexadecimal(_ byte: UInt8) -> Bool { isDigit(byte) || (0x61...0x66).contains(byte | 0x20) }
}
