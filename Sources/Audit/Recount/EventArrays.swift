import Events
import Postgres
import Storage

extension PostgresArray {
  /// The live rows of an event column, as Postgres takes them.
  ///
  /// What Postgres cannot store may still have been counted, since the engine only looked at it, in a filter for example:
  /// text that is no UTF-8 gets replacement characters, a time out of range becomes NULL.
  init(_ column: Column, of batch: EventBatch) {
    self.init(PostgresArray.element(column.type), capacityHint: batch.count)
    for row in 0..<batch.count where batch.live[row] == 1 {
      guard column.validity[row] == 1 else {
        appendNull()
        continue
      }
      switch column.type.physical {
      case .boolean: append(column.booleans[row] == 1)
      case .integer: append(time: column.integers[row], column.type)
      case .decimal: append(unscaled: column.decimals[row], scale: column.type.scale)
      case .double: append(column.doubles[row])
      case .text: append(text: column.texts[row].bytes, column.type)
      }
    }
  }

  private mutating func append(time value: Int64, _ type: SQLType) {
    let range: ClosedRange<Int64> =
      switch type {
      case .timestamptz, .timestamp: -200_000_000_000_000_000...9_200_000_000_000_000_000
      case .date: -2_400_000...2_000_000_000
      case .time: 0...86_400_000_000
      default: .min ... .max
      }
    if range.contains(value) { append(value) } else { appendNull() }
  }

  private mutating func append(text bytes: UnsafeBufferPointer<UInt8>, _ type: SQLType) {
    let isPlain = bytes.allSatisfy { $0 > 0 && $0 < 0x80 }
    if isPlain || type == .bytea {
      append(bytes: bytes)
    } else {
      append(storable(String(decoding: bytes, as: UTF8.self)))
    }
  }
}
