import Dialects
import Plan

/// The columns of an aggregate's rows, and how far their values have to agree.
struct RowComparison {
  let aggregate: AggregatePlan
  let columns: [BatchSelect.Column]
  /// How many values in front of the others identify a row.
  let keys: Int

  func differences(_ stored: [[String?]], _ wanted: [[String?]]) -> [String] {
    let (left, right) = (groups(stored), groups(wanted))
    var found: [String] = []
    if left.count != stored.count { found.append("\(stored.count) rows of \(left.count) groups") }
    if right.count != wanted.count { found.append("Postgres has \(wanted.count) rows of \(right.count) groups") }
    for (key, row) in left where right[key] == nil {
      found.append("the row \(text(row[..<keys])) of \(text(row[keys...])), which Postgres has not")
    }
    for (key, wanted) in right {
      guard let row = left[key] else {
        found.append(
          "no row \(text(wanted[..<keys])), in which Postgres has \(text(wanted[keys...].prefix(columns.count)))")
        continue
      }
      for (index, column) in columns.enumerated() where column.isComparable {
        let (kept, expected) = (row[keys + index], wanted[keys + index])
        if isAlike(column, kept, expected, bound: wanted[keys + columns.count + index]) { continue }
        found.append(
          "\(column.name) of \(text(row[..<keys])) is \(kept ?? "NULL"), Postgres has \(expected ?? "NULL")")
      }
    }
    return found
  }

  /// By what identifies them, byte by byte: Swift's texts are equal when they only look alike.
  private func groups(_ rows: [[String?]]) -> [[[UInt8]?]: [String?]] {
    Dictionary(rows.map { ($0.prefix(keys).map { $0.map { Array($0.utf8) } }, $0) }) { first, _ in first }
  }

  private func text(_ values: ArraySlice<String?>) -> String {
    "(\(values.map { $0 ?? "NULL" }.joined(separator: ", ")))"
  }

  private func isAlike(_ column: BatchSelect.Column, _ kept: String?, _ wanted: String?, bound: String?) -> Bool {
    if kept.map({ Array($0.utf8) }) == wanted.map({ Array($0.utf8) }) || bound == "Infinity" { return true }
    if let kept, let wanted, kept.hasPrefix("{"), wanted.hasPrefix("{") {
      let parts = [kept, wanted].map { $0.dropFirst().dropLast().split(separator: ",").map(String.init) }
      return parts[0].count == parts[1].count
        && zip(parts[0], parts[1]).allSatisfy { isAlike(column, $0, $1, bound: bound) }
    }
    let isDouble = aggregate.shownColumns.contains { $0.name == column.name && $0.type == .doublePrecision }
    guard isDouble || column.tolerance != nil, let kept = kept.flatMap(Double.init),
      let wanted = wanted.flatMap(Double.init)
    else { return false }
    let size = max(abs(kept), abs(wanted), bound.flatMap(Double.init) ?? 0)
    return abs(kept - wanted) <= (column.tolerance ?? 1e-9) * size
  }
}
