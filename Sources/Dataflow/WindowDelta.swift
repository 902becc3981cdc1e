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

  /// Copies rows of a column.
  init(copying column: Column, rows: Range<Int>) {
    type = column.type
    count = rows.count
    values =
      switch column.type.physical {
      case .boolean: .booleans(Self.copy(column.booleans, rows))
      case .integer: .integers(Self.copy(column.integers, rows))
      case .decimal: .decimals(Self.copy(column.decimals, rows))
      case .double: .doubles(Self.copy(column.doubles, rows))
      case .text: Self.copyTexts(column, rows)
      }
    let present = Self.copy(column.validity, rows)
    validity = present.contains(0) ? present : nil
  }

  private static func copy<Value>(_ source: UnsafeMutablePointer<Value>, _ rows: Range<Int>) -> [Value] {
    Array(UnsafeBufferPointer(start: source + rows.lowerBound, count: rows.count))
  }

  /// Into memory of the right size at once: one growth check for all instead of one a text.
  private static func copyTexts(_ column: Column, _ rows: Range<Int>) -> Values {
    let texts = column.texts
    let validity = column.validity
    var total = 0
    for row in rows where validity[row] == 1 { total += texts[row].count }
    var ends: [Int] = []
    ends.reserveCapacity(rows.count)
    let bytes = [UInt8](unsafeUninitializedCapacity: total) { buffer, count in
      for row in rows {
        if validity[row] == 1, let target = buffer.baseAddress {
          (target + count).initialize(from: texts[row].start, count: texts[row].count)
          count += texts[row].count
        }
        ends.append(count)
      }
    }
    return .texts(bytes: bytes, ends: ends)
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
