import Events

/// A column of a `WindowDelta`: values that the sink may keep as long as it likes.
public struct DeltaColumn: Sendable {
  public enum Values: Sendable {
    case booleans([UInt8])
    case integers([Int64])
    case decimals([Int128])
    case doubles([Double])
    /// The texts one after the other, and where each ends.
    case texts(bytes: [UInt8], ends: [Int])
  }

  public let type: SQLType
  public let values: Values
  /// 1: present, 0: NULL; nil: no NULL at all.
  public let validity: [UInt8]?
  public let count: Int

  init(type: SQLType, values: Values, validity: [UInt8]?, count: Int) {
    self.type = type
    self.values = values
    self.validity = validity
    self.count = count
  }

  /// Copies accumulated states; without `presences` all are present.
  init(type: SQLType, _ states: StateColumn, _ presences: StateColumn?, rows: Range<Int>) {
    let present = presences.map { copy($0, rows, of: UInt8.self) }
    let values: Values =
      switch type.physical {
      case .boolean: .booleans(copy(states, rows))
      case .integer: .integers(copy(states, rows))
      case .decimal: .decimals(copy(states, rows))
      case .double: .doubles(copy(states, rows))
      case .text:
        .texts(
          rows.map { row in
            present?[row - rows.lowerBound] ?? 1 == 1 ? states.row(row, of: TextView.self).pointee : .empty
          })
      }
    self.init(
      type: type, values: values, validity: present.flatMap { $0.contains(0) ? $0 : nil }, count: rows.count)
  }

  public func isNull(_ row: Int) -> Bool {
    validity.map { $0[row] == 0 } ?? false
  }
}

/// What an aggregate's events since the last flush add to its stored rows: one row per window and key, to be merged
/// with the stored row column by column.
public struct WindowDelta: Sendable {
  /// Counts into `StreamPlan.aggregates`.
  public let aggregate: Int
  /// Microseconds since 1970, one per row.
  public let windowStarts: [Int64]
  /// In the order of `AggregatePlan.keys`.
  public let keys: [DeltaColumn]
  /// In the order of `AggregatePlan.accumulators`.
  public let accumulators: [DeltaColumn]

  public var rowCount: Int { windowStarts.count }
}

private func copy<Value>(_ states: StateColumn, _ rows: Range<Int>, of type: Value.Type = Value.self) -> [Value] {
  Array(unsafeUninitializedCapacity: rows.count) { buffer, count in
    for index in 0..<rows.count {
      buffer.initializeElement(at: index, to: states.row(rows.lowerBound + index, of: type).pointee)
    }
    count = rows.count
  }
}

extension DeltaColumn.Values {
  /// Copies the texts, into memory of the right size at once: one growth check for all instead of one a text.
  static func texts(_ texts: [TextView]) -> DeltaColumn.Values {
    var ends: [Int] = []
    ends.reserveCapacity(texts.count)
    let bytes = [UInt8](unsafeUninitializedCapacity: texts.reduce(0) { $0 + $1.count }) { buffer, count in
      for text in texts {
        if let target = buffer.baseAddress {
          (target + count).initialize(from: text.start, count: text.count)
          count += text.count
        }
        ends.append(count)
      }
    }
    return .texts(bytes: bytes, ends: ends)
  }
}
