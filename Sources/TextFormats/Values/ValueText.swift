import Events

/// Values of columns, read from texts and numbers of events: the fields of CSV, the strings and numbers of JSON.
///
/// What is taken is taken as Postgres takes it (`Tests/CastsTests` compares them), white space around it included. Some
/// of what Postgres takes is refused, because in an event it is more likely a mistake: `docs/definitions.md` lists it.
/// Nothing is allocated for a value that is one, and the time that a text takes is bounded by its length.
public enum ValueText {}

extension ValueText {
  /// The text without white space at both ends, by C's `isspace`, as Postgres' input functions pass it over.
  static func trimmed(_ text: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
    var start = 0
    var end = text.count
    while start < end, isBlank(text[start]) { start += 1 }
    while start < end, isBlank(text[end - 1]) { end -= 1 }
    return UnsafeBufferPointer(rebasing: text[start..<end])
  }

  static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}

/// The digit's value; 10 and more: it is none.
@inline(__always)
func digitValue(_ byte: UInt8) -> UInt8 { byte &- UInt8(ascii: "0") }
