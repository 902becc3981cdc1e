import Dataflow
import Events
import Postgres

extension WindowDelta {
  /// The parameters of `ResultTable.upsertStatement`.
  var upsertParameters: [PostgresParameter] {
    var starts = PostgresArray(.timestamptz, capacityHint: rowCount)
    for start in windowStarts { starts.append(start) }
    return [.array(starts)] + (keys + accumulators).map { .array(PostgresArray($0)) }
  }
}

extension PostgresArray {
  /// A column of a delta in Postgres' binary array format.
  init(_ column: DeltaColumn) {
    self.init(Self.element(column.type), capacityHint: column.count)
    for row in 0..<column.count {
      if column.isNull(row) {
        appendNull()
        continue
      }
      switch column.values {
      case .booleans(let values): append(values[row] == 1)
      case .integers(let values): append(values[row])
      case .decimals(let values): append(unscaled: values[row], scale: column.type.scale)
      case .doubles(let values): append(values[row])
      case .texts(let bytes, let ends):
        bytes.withUnsafeBufferPointer { buffer in
          append(bytes: UnsafeBufferPointer(rebasing: buffer[(row == 0 ? 0 : ends[row - 1])..<ends[row]]))
        }
      }
    }
  }

  /// The array's element for values of that type.
  static func element(_ type: SQLType) -> PostgresElement {
    switch type {
    case .boolean: .boolean
    case .integer: .integer
    case .bigint: .bigint
    case .numeric: .numeric
    case .doublePrecision: .doublePrecision
    case .text: .text
    case .bytea: .bytea
    case .timestamptz: .timestamptz
    case .timestamp: .timestamp
    case .date: .date
    case .time: .time
    case .uuid: .uuid
    case .jsonb: .jsonb
    }
  }
}

extension SQLType {
  /// Decimal places.
  var scale: Int {
    if case .numeric(let scale) = self { return scale }
    return 0
  }
}
