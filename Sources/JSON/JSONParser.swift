extension JSONValue {
  /// Arrays and objects inside one another beyond this are refused.
  public static let maximumDepth = 256

  /// Parses one document; nothing but white space may stand around it.
  ///
  /// Stricter than RFC 8259 in one point: an object that names a member twice is refused. A UTF-8 byte order mark is
  /// passed over.
  public init(parsing bytes: UnsafeBufferPointer<UInt8>) throws(JSONError) {
    var parser = JSONParser(bytes)
    self = try parser.parseDocument()
  }

  public init(parsing bytes: [UInt8]) throws(JSONError) {
    let result = bytes.withUnsafeBufferPointer { buffer in
      Result { () throws(JSONError) in try JSONValue(parsing: buffer) }
    }
    self = try result.get()
  }

  public init(parsing text: String) throws(JSONError) {
    var text = text
    let result = text.withUTF8 { buffer in
      Result { () throws(JSONError) in try JSONValue(parsing: buffer) }
    }
    self = try result.get()
  }
}

/// A recursive descent over UTF-8 bytes.
struct JSONParser {
  private let bytes: UnsafeBufferPointer<UInt8>
  private(set) var index = 0

  init(_ bytes: UnsafeBufferPointer<UInt8>) {
    self.bytes = bytes
    if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { index = 3 }
  }

  mutating func parseDocument() throws(JSONError) -> JSONValue {
    let value = try parseValue(depth: 0)
    skipSpace()
    guard index == bytes.count else { throw failure("text after the end of the document") }
    return value
  }

  mutating func parseValue(depth: Int) throws(JSONError) -> JSONValue {
    skipSpace()
    guard index < bytes.count else { throw failure("the text ends where a value is expected") }
    switch bytes[index] {
    case UInt8(ascii: "{"): return try parseObject(depth: depth)
    case UInt8(ascii: "["): return try parseArray(depth: depth)
    case UInt8(ascii: "\""): return .string(try parseString())
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try parseNumber())
    case UInt8(ascii: "t"): return try parseWord("true", .bool(true))
    case UInt8(ascii: "f"): return try parseWord("false", .bool(false))
    case UInt8(ascii: "n"): return try parseWord("null", .null)
    default: throw failure("a value is expected")
    }
  }

  /// The next byte that is not white space; nil at the end.
  mutating func peek() -> UInt8? {
    skipSpace()
    return index < bytes.count ? bytes[index] : nil
  }

  /// Whether nothing but white space is left.
  var isAtEnd: Bool {
    mutating get { peek() == nil }
  }

  /// Moves past white space and, when `character` follows, past that.
  mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard index < bytes.count, bytes[index] == UInt8(ascii: character) else { return false }
    index += 1
    return true
  }

  mutating func skipSpace() {
    while index < bytes.count {
      switch bytes[index] {
      case 0x20, 0x09, 0x0A, 0x0D: index += 1
      default: return
      }
    }
  }

  /// Reads a member's name and the colon behind it.
  mutating func parseName() throws(JSONError) -> String {
    skipSpace()
    guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else {
      throw failure("a member's name in double quotes is expected")
    }
    let name = try parseString()
    guard take(":") else { throw failure("a colon is expected after the member's name") }
    return name
  }

  private mutating func parseObject(depth: Int) throws(JSONError) -> JSONValue {
    try checkDepth(depth)
    index += 1
    if take("}") { return .object([]) }
    var members: [JSONMember] = []
    // A set only where a linear search would make a hostile text quadratic.
    var seen: Set<String> = []
    repeat {
      skipSpace()
      let start = index
      let name = try parseName()
      if members.count == 16 { seen = Set(members.map(\.name)) }
      let isRepeated = members.count < 16 ? members.contains { $0.name == name } : !seen.insert(name).inserted
      if isRepeated { throw failure("the member \"\(name)\" is there twice", at: start) }
      members.append(JSONMember(name, try parseValue(depth: depth + 1)))
    } while take(",")
    guard take("}") else { throw failure("a comma or } is expected") }
    return .object(members)
  }

  private mutating func parseArray(depth: Int) throws(JSONError) -> JSONValue {
    try checkDepth(depth)
    index += 1
    if take("]") { return .array([]) }
    var elements: [JSONValue] = []
    repeat {
      elements.append(try parseValue(depth: depth + 1))
    } while take(",")
    guard take("]") else { throw failure("a comma or ] is expected") }
    return .array(elements)
  }

  private func checkDepth(_ depth: Int) throws(JSONError) {
    guard depth < JSONValue.maximumDepth else {
      throw failure("nested more than \(JSONValue.maximumDepth) levels deep")
    }
  }

  private mutating func parseWord(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
    let length = word.utf8CodeUnitCount
    guard index + length <= bytes.count, (0..<length).allSatisfy({ bytes[index + $0] == word.utf8Start[$0] }) else {
      throw failure("a value is expected")
    }
    index += length
    return value
  }

  private mutating func parseNumber() throws(JSONError) -> String {
    let start = index
    if bytes[index] == UInt8(ascii: "-") { index += 1 }
    if index < bytes.count, bytes[index] == UInt8(ascii: "0") {
      index += 1
    } else {
      try skipDigits()
    }
    if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
      index += 1
      try skipDigits()
    }
    if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
      index += 1
      if index < bytes.count, bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-") { index += 1 }
      try skipDigits()
    }
    if index < bytes.count, isDigit(bytes[index]) { throw failure("a number must not begin with 0") }
    return String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<index]), as: UTF8.self)
  }

  private mutating func skipDigits() throws(JSONError) {
    let start = index
    while index < bytes.count, isDigit(bytes[index]) { index += 1 }
    guard index > start else { throw failure("a digit is expected") }
  }

  private func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

  private mutating func parseString() throws(JSONError) -> String {
    index += 1
    let start = index
    while index < bytes.count {
      let byte = bytes[index]
      if byte == UInt8(ascii: "\"") {
        index += 1
        return try validated(UnsafeBufferPointer(rebasing: bytes[start..<index - 1]), start: start)
      }
      if byte == UInt8(ascii: "\\") { return try parseEscapedString(from: start) }
      guard byte >= 0x20 else { throw failure("a control character in a string must be escaped") }
      index += 1
    }
    throw failure("the text ends inside a string", at: start - 1)
  }

  /// The slow way, from the first escape on.
  private mutating func parseEscapedString(from start: Int) throws(JSONError) -> String {
    var unescaped = Array(bytes[start..<index])
    while index < bytes.count {
      let byte = bytes[index]
      switch byte {
      case UInt8(ascii: "\""):
        index += 1
        let result = unescaped.withUnsafeBufferPointer { buffer in
          Result { () throws(JSONError) in try validated(buffer, start: start) }
        }
        return try result.get()
      case UInt8(ascii: "\\"):
        try parseEscape(into: &unescaped)
      case 0..<0x20:
        throw failure("a control character in a string must be escaped")
      default:
        unescaped.append(byte)
        index += 1
      }
    }
    throw failure("the text ends inside a string", at: start - 1)
  }

  private func validated(_ text: UnsafeBufferPointer<UInt8>, start: Int) throws(JSONError) -> String {
    guard let string = String(validating: text, as: UTF8.self) else {
      throw failure("the string is not valid UTF-8", at: start)
    }
    return string
  }

  private mutating func parseEscape(into output: inout [UInt8]) throws(JSONError) {
    let start = index
    guard index + 1 < bytes.count else { throw failure("the text ends inside a string") }
    index += 2
    switch bytes[index - 1] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): output.append(bytes[index - 1])
    case UInt8(ascii: "b"): output.append(0x08)
    case UInt8(ascii: "f"): output.append(0x0C)
    case UInt8(ascii: "n"): output.append(0x0A)
    case UInt8(ascii: "r"): output.append(0x0D)
    case UInt8(ascii: "t"): output.append(0x09)
    case UInt8(ascii: "u"):
      var code = try parseHex()
      if code & 0xFC00 == 0xD800, index + 1 < bytes.count, bytes[index] == UInt8(ascii: "\\"),
        bytes[index + 1] == UInt8(ascii: "u")
      {
        index += 2
        let low = try parseHex()
        guard low & 0xFC00 == 0xDC00 else { throw failure("half a surrogate pair", at: start) }
        code = 0x10000 + (code & 0x3FF) << 10 + (low & 0x3FF)
      }
      guard let scalar = Unicode.Scalar(code) else { throw failure("half a surrogate pair", at: start) }
      output.append(contentsOf: UTF8.encode(scalar).unsafelyUnwrapped)
    default: throw failure("an unknown escape", at: start)
    }
  }

  private mutating func parseHex() throws(JSONError) -> UInt32 {
    guard index + 4 <= bytes.count else { throw failure("four hexadecimal digits are expected") }
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = Character(Unicode.Scalar(bytes[index])).hexDigitValue else {
        throw failure("four hexadecimal digits are expected")
      }
      code = code << 4 | UInt32(digit)
      index += 1
    }
    return code
  }

  private func failure(_ message: String, at offset: Int? = nil) -> JSONError {
    JSONError(message: message, position: JSONPosition(offset: offset ?? index, in: bytes))
  }
}
