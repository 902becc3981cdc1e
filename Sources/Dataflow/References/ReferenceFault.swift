import Events

/// Why rows cannot be used as reference data.
public enum ReferenceFault: Error, Hashable, Sendable, CustomStringConvertible {
  /// Two rows have this key.
  case repeatedKey(String)
  /// Two rows of this key are valid at the same time; from when on, in microseconds since 1970.
  case overlap(String, at: Int64)
  /// A value is none of its column's type, or beyond what the engine holds of it.
  case unusable(column: String, key: String)
  /// Where a column that is declared NOT NULL is NULL.
  case missing(column: String, key: String)
  case tooManyRows(limit: Int)
  case tooManyBytes(limit: Int)

  public var description: String {
    switch self {
    case .repeatedKey(let key): "two rows have the key \(key)"
    case .overlap(let key, let time):
      "two rows of the key \(key) are valid at the same time, \(instant(time))"
    case .unusable(let column, let key): "the column \(column) of the row \(key) holds what cannot be used"
    case .missing(let column, let key): "the column \(column) of the row \(key) is NULL, and declared NOT NULL"
    case .tooManyRows(let limit): "it has more than \(limit) rows, which REFERENCE_MAX_ROWS allows"
    case .tooManyBytes(let limit):
      "it takes more than \(limit >> 20) MiB in memory, which REFERENCE_MAX_MEGABYTES allows"
    }
  }

  private func instant(_ time: Int64) -> String {
    time == .min ? "from the beginning of time" : "at \(DateTimeText.timestamp(microseconds: time))+00"
  }
}

/// How large a table of reference data may be in memory.
public struct ReferenceLimits: Hashable, Sendable {
  public var maxRows: Int
  public var maxBytes: Int

  public init(maxRows: Int = 1_000_000, maxBytes: Int = 256 << 20) {
    self.maxRows = maxRows
    self.maxBytes = maxBytes
  }
}
