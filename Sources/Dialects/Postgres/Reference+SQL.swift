import Events
import Plan
import SQLQuoting

extension Reference {
  /// The table as its file declares it: for tests of definitions, which have one of their own, and as advice.
  public var createStatement: String {
    var items = columns.enumerated().map { index, column in
      // A row whose key is NULL is found by nothing, but may be there.
      let nullability = column.isNullable || key.contains(index) ? "" : " NOT NULL"
      return "\(quotedIdentifier(column.name)) \(column.typeText)\(nullability)"
    }
    if validity == nil { items.append("UNIQUE (\(keyNames.map(quotedIdentifier).joined(separator: ", ")))") }
    return "CREATE TABLE \(quotedIdentifier(name)) (\(items.joined(separator: ", ")))"
  }

  /// Reads all rows, each value as text that the engine understands: times and dates as whole numbers of their unit, the
  /// infinite ones as the lowest and the highest; a numeric without its point.
  public var selectStatement: String {
    "SELECT \(columns.map(\.loadedText).joined(separator: ", ")) FROM \(quotedIdentifier(name))"
  }
}

extension Reference.Column {
  /// The type as a table declares it.
  public var typeText: String {
    if case .numeric(let scale) = type { return "numeric(\(precision ?? 38),\(scale))" }
    return type.shortName
  }

  fileprivate var loadedText: String {
    let name = quotedIdentifier(name)
    func finite(_ text: String) -> String {
      """
      CASE WHEN \(name) = 'infinity' THEN \(Int64.max) WHEN \(name) = '-infinity' THEN '\(Int64.min)'::bigint \
      ELSE \(text) END
      """
    }
    switch type {
    case .timestamptz, .timestamp: return finite("(extract(epoch FROM \(name)) * 1000000)::bigint")
    case .date: return finite("(\(name) - DATE '1970-01-01')::bigint")
    case .time: return "(extract(epoch FROM \(name)) * 1000000)::bigint"
    case .numeric(let scale): return "trunc(\(name) * 1\(String(repeating: "0", count: scale)), 0)"
    case .boolean: return name
    default: return "\(name)::text"
    }
  }
}
