import Events
import Plan

/// Looks rows of one reference up for the batches of one program.
final class ReferenceProbe {
  private let name: String
  private let scratch: ReferenceScratch
  /// The version that is used until the next one is given: texts of a batch point into it.
  private var table: ReferenceTable?

  init(_ name: String, capacity: Int) {
    self.name = name
    scratch = ReferenceScratch(capacity: capacity)
  }

  /// Takes the version of its table for the batches to come.
  ///
  /// - Returns: whether it is another one.
  func use(_ references: ReferenceSet) -> Bool {
    let next = references[name]
    defer { table = next }
    return next !== table
  }

  /// The numbers of the rows that the operands name.
  func find(_ operands: [Column], _ rows: Column, _ count: Int) {
    guard let table else {
      rows.integers.update(repeating: 0, count: count)
      return
    }
    table.find(operands, scratch, rows.integers, count)
  }

  /// Their values in a column of the reference.
  func gather(_ column: Int, _ rows: Column, _ output: Column, _ count: Int) {
    guard let table, table.columns.indices.contains(column),
      table.columns[column].type.physical == output.type.physical
    else { return output.clearAll(count) }
    let (source, rows) = (table.columns[column], rows.integers)
    switch output.type.physical {
    case .boolean: for row in 0..<count { output.booleans[row] = source.booleans[Int(rows[row])] }
    case .integer: for row in 0..<count { output.integers[row] = source.integers[Int(rows[row])] }
    case .decimal: for row in 0..<count { output.decimals[row] = source.decimals[Int(rows[row])] }
    case .double: for row in 0..<count { output.doubles[row] = source.doubles[Int(rows[row])] }
    case .text: for row in 0..<count { output.texts[row] = source.texts[Int(rows[row])] }
    }
    guard output.isNullable else { return }
    for row in 0..<count { output.validity[row] = source.validity[Int(rows[row])] }
  }
}

extension Column {
  /// NULLs, or zeros where there are none.
  fileprivate func clearAll(_ count: Int) {
    switch type.physical {
    case .boolean: booleans.update(repeating: 0, count: count)
    case .integer: integers.update(repeating: 0, count: count)
    case .decimal: decimals.update(repeating: 0, count: count)
    case .double: doubles.update(repeating: 0, count: count)
    case .text: texts.update(repeating: .empty, count: count)
    }
    if isNullable { validity.update(repeating: 0, count: count) }
  }
}
