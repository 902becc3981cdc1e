import Events

/// Numbers as JSON writes them.
enum JSONNumeral {
  /// Whether the text is a number of JSON (RFC 8259): no leading zero, no plus, digits at both sides of a point.
  static func isJSON(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    var rest = text[...]
    if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
    guard let first = rest.first, isDigit(first) else { return false }
    let whole = rest.prefix(while: isDigit)
    if first == UInt8(ascii: "0"), whole.count > 1 { return false }
    rest = rest.dropFirst(whole.count)
    if rest.first == UInt8(ascii: ".") {
      let fraction = rest.dropFirst().prefix(while: isDigit)
      guard !fraction.isEmpty else { return false }
      rest = rest.dropFirst(1 + fraction.count)
    }
    if let letter = rest.first, letter | 0x20 == UInt8(ascii: "e") {
      rest = rest.dropFirst()
      if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
      let exponent = rest.prefix(while: isDigit)
      guard !exponent.isEmpty else { return false }
      rest = rest.dropFirst(exponent.count)
    }
    return rest.isEmpty
  }

  /// The same number in JSON's way.
  ///
  /// - Parameter text: a decimal number as Postgres reads it: white space around it, a plus, leading zeros and a point at
  ///   either end are allowed.
  static func canonical(_ text: TextView, arena: inout TextArena) -> TextView {
    var rest = text.bytes[...]
    while let first = rest.first, isBlank(first) { rest = rest.dropFirst() }
    while let last = rest.last, isBlank(last) { rest = rest.dropLast() }
    var output: [UInt8] = []
    if rest.first == UInt8(ascii: "-") { output.append(UInt8(ascii: "-")) }
    if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { rest = rest.dropFirst() }
    let whole = rest.prefix(while: isDigit)
    rest = rest.dropFirst(whole.count)
    let digits = whole.drop { $0 == UInt8(ascii: "0") }
    if digits.isEmpty { output.append(UInt8(ascii: "0")) }
    output.append(contentsOf: digits)
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      if let first = rest.first, isDigit(first) { output.append(UInt8(ascii: ".")) }
    }
    output.append(contentsOf: rest)
    return output.withUnsafeBufferPointer { arena.append($0) }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }
}
