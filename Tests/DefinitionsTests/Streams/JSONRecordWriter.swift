import Events
import JSON

@testable import Dataflow
@testable import PostgresOracle

/// Writes an event as a JSON document.
struct JSONRecordWriter {
  let columns: [StreamColumn]

  func payload(_ values: [Datum?]) -> [UInt8] {
    var whole = Members()
    for (column, value) in zip(columns, values) {
      guard case .json(let form, let members) = column.form else { continue }
      // What is not there is NULL as well; a column that may not be NULL has a value.
      guard let value else {
        if column.path[0].utf8.count % 2 == 0 { whole.add("null", at: members[...]) }
        continue
      }
      whole.add(text(value, column.column.type, form), at: members[...])
    }
    return Array(whole.text.utf8)
  }

  /// Members in the order in which they came, so that documents look alike.
  private struct Members {
    private var entries: [(name: String, text: String?, inner: [Members])] = []

    mutating func add(_ text: String, at path: ArraySlice<String>) {
      guard let name = path.first else { return }
      let rest = path.dropFirst()
      if rest.isEmpty { return entries.append((name, text, [])) }
      if let index = entries.firstIndex(where: { $0.name == name && $0.text == nil }) {
        entries[index].inner[0].add(text, at: rest)
      } else {
        var inner = Members()
        inner.add(text, at: rest)
        entries.append((name, nil, [inner]))
      }
    }

    var text: String {
      "{" + entries.map { "\(JSONValue.string($0.name).text):\($0.text ?? $0.inner[0].text)" }.joined(separator: ",")
        + "}"
    }
  }

  private func text(_ value: Datum, _ type: SQLType, _ form: WireForm.JSONForm) -> String {
    switch (value, type) {
    case (.boolean(let value), _): "\(value)"
    case (.decimal(let value, let scale), _): decimalText(value, scale: scale)
    case (.double(let value), _): "\(value)"
    case (.text(let text), .jsonb): text
    case (.text(let text), _): JSONValue.string(text).text
    case (.integer(let value), _): number(value, type, form)
    case (.array(let elements, let element), _):
      "[" + elements.map { $0.map { text($0, element.type, .plain) } ?? "null" }.joined(separator: ",") + "]"
    }
  }

  private func number(_ value: Int64, _ type: SQLType, _ form: WireForm.JSONForm) -> String {
    if case .units(_, let perSecond) = form {
      return type == .date ? "\(value * 86_400 * perSecond)" : "\(value / (1_000_000 / perSecond))"
    }
    return switch type {
    case .timestamptz: "\"\(DateTimeText.iso8601(timestamp: value, zone: "Z"))\""
    case .timestamp: "\"\(DateTimeText.iso8601(timestamp: value, zone: ""))\""
    case .date: "\"\(DateTimeText.date(days: value))\""
    case .time: "\"\(DateTimeText.time(microseconds: value))\""
    default: "\(value)"
    }
  }
}
