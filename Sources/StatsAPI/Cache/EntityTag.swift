/// A strong validator of a representation (RFC 9110, section 8.8.3).
package struct EntityTag: Hashable {
  /// With its quotes.
  package let text: String

  /// Equal bytes have equal tags, in every instance: FNV-1a of 64 bits, and the length.
  package init(of bytes: [UInt8]) {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    text = "\"\(String(hash, radix: 16))-\(String(bytes.count, radix: 16))\""
  }

  /// Of a file that is known by its place and the time of its last change.
  init(inode: UInt64, modifiedNanoseconds: Int64, size: Int) {
    text = "\"\(String(inode, radix: 16))-\(String(modifiedNanoseconds, radix: 16))-\(String(size, radix: 16))\""
  }

  private init(text: String) { self.text = text }

  /// The tag of the same content in another coding: `"1f-2"` is `"1f-2-gzip"`.
  func with(suffix: String) -> EntityTag { EntityTag(text: "\(text.dropLast())-\(suffix)\"") }

  /// Whether an `If-None-Match` header names it. Weak comparison, as the header asks for.
  package func matches(ifNoneMatch header: String) -> Bool {
    header.split(separator: ",").contains { candidate in
      var candidate = candidate.drop { $0 == " " || $0 == "\t" }
      while candidate.last == " " || candidate.last == "\t" { candidate.removeLast() }
      if candidate.hasPrefix("W/") { candidate = candidate.dropFirst(2) }
      return candidate == "*" || candidate == text
    }
  }
}
