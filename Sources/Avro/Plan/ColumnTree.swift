import Events

/// The wanted columns as a tree along the fields of the reader's schema.
struct ColumnTree {
  /// Columns made of the value as a whole.
  var columns: [Int] = []
  var fields: [String: ColumnTree] = [:]

  init() {}

  init(_ specs: [Int: ColumnSpec]) {
    for (column, spec) in specs { insert(column, spec.path[...]) }
  }

  private mutating func insert(_ column: Int, _ path: ArraySlice<String>) {
    if let name = path.first {
      fields[name, default: ColumnTree()].insert(column, path.dropFirst())
    } else {
      columns.append(column)
      columns.sort()
    }
  }

  var isEmpty: Bool { columns.isEmpty && fields.isEmpty }

  /// The columns of this value and of all fields inside it, in ascending order.
  var allColumns: [Int] {
    (columns + fields.values.flatMap(\.allColumns)).sorted()
  }
}
