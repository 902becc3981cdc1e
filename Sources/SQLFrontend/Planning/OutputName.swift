extension SyntaxItem {
  /// The column's name as Postgres chooses it; nil where it would be `?column?`.
  var outputName: String? { alias ?? expression.outputName }
}

extension SyntaxExpression {
  fileprivate var outputName: String? {
    switch kind {
    case .column(let path): path.last
    case .call(let call): call.name
    case .cast(let operand, _), .collate(let operand, _): operand.outputName
    case .coalesce: "coalesce"
    case .nullIf: "nullif"
    case .caseWhen: "case"
    default: nil
    }
  }
}

/// The names in a result table that are not the definition's to give.
enum ReservedNames {
  /// Columns that every result table has.
  static let own: Set<String> = ["window_start", "window_end", "updated_at"]
  /// Columns that every Postgres table has.
  static let system: Set<String> = ["tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"]
  /// Postgres cuts longer names off.
  static let maximumBytes = 63

  static func refusal(of name: String) -> String? {
    if own.contains(name) { return "the column name \(name) is taken: every result table has it" }
    if system.contains(name) { return "the column name \(name) is taken: it is a system column of Postgres" }
    return name.utf8.count > maximumBytes ? "the column name \(name) is longer than \(maximumBytes) bytes" : nil
  }
}
