/// What a client would take, with weights: the list of `Accept` and `Accept-Encoding` (RFC 9110, section 12.4.2).
///
/// What is no weight counts as none, as recipients are to be lenient; parameters other than `q` are not looked at.
struct WeightedNames {
  struct Item: Equatable {
    /// In lower case.
    var name: String
    /// In thousandths; 0 is "not acceptable".
    var weight: Int
  }

  let items: [Item]

  init(_ header: String) {
    items = Self.split(header, at: ",").compactMap { element in
      let parts = Self.split(element, at: ";").map { Self.trimmed($0).lowercased() }
      guard let name = parts.first, !name.isEmpty else { return nil }
      let weight = parts.dropFirst().lazy.compactMap(Self.weight).first
      return Item(name: name, weight: weight ?? 1000)
    }
  }

  /// The weight of exactly that name, if the list has it.
  subscript(name: String) -> Int? { items.first { $0.name == name }?.weight }

  /// `q=0.8`: 800.
  private static func weight(_ parameter: String) -> Int? {
    guard parameter.hasPrefix("q=") else { return nil }
    let digits = parameter.utf8.dropFirst(2)
    guard let first = digits.first, digits.count <= 5, let value = Double(String(parameter.dropFirst(2))),
      (UInt8(ascii: "0")...UInt8(ascii: "1")).contains(first), value <= 1
    else { return nil }
    return Int((value * 1000).rounded())
  }

  /// What stands in quotes belongs together.
  private static func split(_ text: some StringProtocol, at separator: Character) -> [Substring] {
    var isQuoted = false
    return Substring(text).split { character in
      if character == "\"" { isQuoted.toggle() }
      return character == separator && !isQuoted
    }
  }

  private static func trimmed(_ text: Substring) -> Substring {
    var text = text.drop { $0 == " " || $0 == "\t" }
    while text.last == " " || text.last == "\t" { text.removeLast() }
    return text
  }
}
