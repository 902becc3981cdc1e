import Plan
import Spelling

/// Reads the text of an alert's message: `Error rate of {shop} is {value:percent}`.
struct MessageParser {
  let source: SourceText

  /// What every message may name beside the alert's keys.
  static let names = [
    "value", "samples", "expected", "probability", "threshold", "severity", "metric", "window_start", "window_end",
  ]

  /// - Parameter keys: the alert's; nil: its SELECT is wrong, and any name may be meant.
  func parse(_ item: Annotation, keys: [String]?) throws(DefinitionError) -> MessageTemplate {
    let known = Self.names + (keys ?? [])
    var pieces: [MessageTemplate.Piece] = []
    var rest = Substring(item.value)
    while let open = rest.firstIndex(of: "{") {
      let offset = item.valueLocation + item.value[..<open].utf8.count
      guard let close = rest[open...].firstIndex(of: "}") else {
        throw source.error(at: offset, "a place in the message is not closed", hint: "write {name}")
      }
      if open > rest.startIndex { pieces.append(.text(String(rest[..<open]))) }
      let parts = rest[rest.index(after: open)..<close].split(separator: ":", omittingEmptySubsequences: false)
      let name = parts.first.map(String.init) ?? ""
      let format = parts.count > 1 ? MessageTemplate.Format(rawValue: String(parts[1])) : .plain
      guard let format, parts.count <= 2 else {
        throw source.error(at: offset, "there is no such format", hint: "write {\(name)} or {\(name):percent}")
      }
      guard known.contains(name) || keys == nil else {
        let nearest = nearestSpelling(of: name, among: known).map { "did you mean {\($0)}? " } ?? ""
        throw source.error(
          at: offset, "the message names {\(name)}, which the alert does not have",
          hint: "\(nearest)it has \(known.joined(separator: ", "))")
      }
      pieces.append(.value(name: name, format: format))
      rest = rest[rest.index(after: close)...]
    }
    if !rest.isEmpty { pieces.append(.text(String(rest))) }
    return MessageTemplate(pieces: pieces)
  }
}
