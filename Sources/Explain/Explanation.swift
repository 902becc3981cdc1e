import JSON

/// What a definition comes to: the same facts as text for people and as one JSON object for programs.
///
/// The names of the JSON's members are documented in docs/tooling.md and stay as they are; others may be added.
public struct Explanation: Sendable {
  public let text: String
  public let json: JSONValue

  init(_ page: Page, json: JSONValue) {
    text = page.text
    self.json = json
  }
}

/// Text in two columns with statements below.
struct Page {
  private(set) var text: String
  private static let width = 12

  init(title: String, comment: String) {
    text = title + "\n"
    for line in comment.split(separator: "\n") { text += "  \(line)\n" }
    text += "\n"
  }

  /// A label, and lines behind it.
  mutating func add(_ label: String, _ lines: [String]) {
    for (index, line) in lines.enumerated() {
      let head = index == 0 ? label : ""
      text += head + String(repeating: " ", count: max(1, Page.width - head.count)) + line + "\n"
    }
  }

  mutating func add(_ label: String, _ line: String) { add(label, [line]) }

  /// A label, and rows whose columns stand below each other.
  mutating func add(_ label: String, rows: [(String, String)]) {
    let width = rows.map(\.0.count).max() ?? 0
    add(label, rows.map { $0.0 + String(repeating: " ", count: width - $0.0.count + 2) + $0.1 })
  }

  /// SQL with a comment above.
  mutating func add(statements: [String], _ comment: String) {
    text += "\n-- \(comment)\n" + statements.map { $0 + ";\n" }.joined()
  }
}

extension JSONValue {
  init(_ number: some BinaryInteger) { self = .number(String(number)) }

  /// Rounded to a tenth.
  init(tenths number: Double) {
    let tenths = (number * 10).rounded() / 10
    self = tenths.isFinite ? .number(String(tenths)) : .null
  }

  init(_ text: String?) { self = text.map(JSONValue.string) ?? .null }

  /// Seconds of so many microseconds.
  init(seconds microseconds: Int64?) {
    guard let microseconds else {
      self = .null
      return
    }
    self =
      microseconds % 1_000_000 == 0
      ? JSONValue(microseconds / 1_000_000) : .number(String(Double(microseconds) / 1_000_000))
  }
}
