/// `name=value` pairs with commas between them, values percent-encoded where they hold what is part of the form: as
/// OpenTelemetry's variables have them.
enum KeyValueList {
  /// nil: the text is no such list.
  static func parse(_ text: String) -> [(name: String, value: String)]? {
    var pairs: [(name: String, value: String)] = []
    for part in splitList(text) {
      guard let equals = part.firstIndex(of: "="), equals != part.startIndex,
        let name = decoded(trimmed(part[..<equals])), let value = decoded(trimmed(part[part.index(after: equals)...])),
        !name.isEmpty
      else { return nil }
      pairs.append((name, value))
    }
    return pairs
  }

  private static func trimmed(_ text: Substring) -> Substring {
    var text = text.drop { $0 == " " }
    while text.last == " " { text.removeLast() }
    return text
  }

  /// Without percent-encoding; nil for what does not come to UTF-8.
  private static func decoded(_ text: Substring) -> String? {
    guard text.contains("%") else { return String(text) }
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      let digits = String(decoding: rest.prefix(2), as: UTF8.self)
      guard digits.utf8.count == 2, digits.allSatisfy(\.isHexDigit), let value = UInt8(digits, radix: 16) else {
        return nil
      }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    return String(validating: bytes, as: UTF8.self)
  }
}
