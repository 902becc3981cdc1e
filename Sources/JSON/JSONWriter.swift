extension JSONValue {
  /// Appends the value as compact JSON: no white space, members in their order, numbers as they were written.
  public func append(to output: inout [UInt8]) {
    switch self {
    case .null: output.append(contentsOf: "null".utf8)
    case .bool(let value): output.append(contentsOf: (value ? "true" : "false").utf8)
    case .number(let text): output.append(contentsOf: text.utf8)
    case .string(let text): appendJSONString(text, to: &output)
    case .array(let elements):
      output.append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        if index > 0 { output.append(UInt8(ascii: ",")) }
        element.append(to: &output)
      }
      output.append(UInt8(ascii: "]"))
    case .object(let members):
      output.append(UInt8(ascii: "{"))
      for (index, member) in members.enumerated() {
        if index > 0 { output.append(UInt8(ascii: ",")) }
        appendJSONString(member.name, to: &output)
        output.append(UInt8(ascii: ":"))
        member.value.append(to: &output)
      }
      output.append(UInt8(ascii: "}"))
    }
  }

  /// The value as compact JSON text.
  public var text: String {
    var output: [UInt8] = []
    append(to: &output)
    return String(decoding: output, as: UTF8.self)
  }
}

/// Appends `text` as a JSON string with its quotes. Only what must be escaped is.
public func appendJSONString(_ text: String, to output: inout [UInt8]) {
  var text = text
  text.withUTF8 { appendJSONString(utf8: $0, to: &output) }
}

/// The same, into a string.
public func appendJSONString(_ text: String, to output: inout String) {
  var bytes: [UInt8] = []
  appendJSONString(text, to: &bytes)
  output += String(decoding: bytes, as: UTF8.self)
}

/// Appends bytes that the caller knows to be UTF-8 as a JSON string with its quotes.
public func appendJSONString(utf8 bytes: UnsafeBufferPointer<UInt8>, to output: inout [UInt8]) {
  output.append(UInt8(ascii: "\""))
  var copied = 0
  for (index, byte) in bytes.enumerated() where byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
  {
    output.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[copied..<index]))
    appendJSONEscape(byte, to: &output)
    copied = index + 1
  }
  output.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[copied...]))
  output.append(UInt8(ascii: "\""))
}

/// Appends the escape for one code point below 256, e.g. `\n` or `\u00ff`.
public func appendJSONEscape(_ codePoint: UInt8, to output: inout [UInt8]) {
  output.append(UInt8(ascii: "\\"))
  switch codePoint {
  case UInt8(ascii: "\""), UInt8(ascii: "\\"): output.append(codePoint)
  case 0x08: output.append(UInt8(ascii: "b"))
  case 0x09: output.append(UInt8(ascii: "t"))
  case 0x0A: output.append(UInt8(ascii: "n"))
  case 0x0C: output.append(UInt8(ascii: "f"))
  case 0x0D: output.append(UInt8(ascii: "r"))
  default:
    output.append(contentsOf: "u00".utf8)
    for digit in [codePoint >> 4, codePoint & 15] {
      output.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
    }
  }
}
