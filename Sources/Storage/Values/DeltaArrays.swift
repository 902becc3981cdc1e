import Dataflow
import Events
import Postgres

extension WindowDelta {
  /// The parameters of `ResultTable.upsertStatement`.
  package var upsertParameters: [PostgresParameter] {
    var starts = PostgresArray(.timestamptz, capacityHint: rowCount)
    for start in windowStarts { starts.append(start) }
    var ends = PostgresArray(.timestamptz, capacityHint: windowEnds.count)
    for end in windowEnds { ends.append(end) }
    let window: [PostgresParameter] = windowEnds.isEmpty ? [.array(starts)] : [.array(starts), .array(ends)]
    return window + (keys + accumulators).map { .array(PostgresArray($0)) }
  }
}

extension PostgresArray {
  /// A column of a delta in Postgres' binary array format.
  package init(_ column: DeltaColumn) {
    self.init(Self.element(column.type), capacityHint: column.count)
    let scale = column.type.scale
    for row in 0..<column.count {
      guard !column.isNull(row) else {
        appendNull()
        continue
      }
      switch column.type.physical {
      case .boolean: append(column.boolean(row))
      case .integer: append(column.integer(row))
      case .decimal: append(unscaled: column.decimal(row), scale: scale)
      case .double: append(column.double(row))
      case .text: column.withText(row) { append(bytes: $0) }
      }
    }
  }

  /// The array's element for values of that type.
  package static func element(_ type: SQLType) -> PostgresElement {
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
    case .bits: .bits
    // As Postgres writes it.
    case .bigints, .array: .text
    }
  }
}
