import Events

/// Rows of a delta, with all their values beside each other.
///
/// In pieces: an allocator gives memory of several megabytes back as soon as it is free, and the system would make every
/// page of it anew for the next delta (a tenth of an event's cost with 100,000 keys).
struct DeltaRows: Sendable {
  private static let pieceBits = 12

  let count: Int
  private let stride: Int
  private let pieces: [[UInt8]]

  /// - Parameters:
  ///   - stride: bytes of a row.
  ///   - fill: writes the rows of a piece, all their bytes.
  init(count: Int, stride: Int, fill: (_ rows: Range<Int>, _ target: UnsafeMutableRawPointer) -> Void) {
    self.count = count
    self.stride = stride
    let most = 1 << DeltaRows.pieceBits
    pieces = Swift.stride(from: 0, to: count, by: most).map { first in
      let rows = first..<min(first + most, count)
      return Array(unsafeUninitializedCapacity: rows.count * stride) { piece, initialized in
        if let start = piece.baseAddress { fill(rows, UnsafeMutableRawPointer(start)) }
        initialized = rows.count * stride
      }
    }
  }

  fileprivate func value<Value>(_ row: Int, at offset: Int, as type: Value.Type) -> Value {
    let inPiece = row & (1 << DeltaRows.pieceBits - 1)
    return pieces[row >> DeltaRows.pieceBits].withUnsafeBytes {
      $0.loadUnaligned(fromByteOffset: inPiece * stride + offset, as: type)
    }
  }
}

/// One value of every row.
struct DeltaCells: Sendable {
  let rows: DeltaRows
  /// Where in a row it is, in bytes.
  let offset: Int

  func value<Value>(_ row: Int, as type: Value.Type) -> Value {
    rows.value(row, at: offset, as: type)
  }
}

/// A column of a `WindowDelta`: values that the sink may keep as long as it likes.
///
/// Values are read as what `type.physical` says; those of NULL are unspecified.
public struct DeltaColumn: Sendable {
  public let type: SQLType
  private let values: DeltaCells
  /// 1: present, 0: NULL; nil: no NULL at all.
  private let presence: DeltaCells?
  /// Holds the texts, which are views.
  private let memory: [TextChunk]

  init(type: SQLType, _ values: DeltaCells, presence: DeltaCells?, memory: [TextChunk] = []) {
    self.type = type
    self.values = values
    self.presence = presence
    self.memory = memory
  }

  public var count: Int { values.rows.count }

  public func isNull(_ row: Int) -> Bool {
    presence.map { $0.value(row, as: UInt8.self) == 0 } ?? false
  }

  public func boolean(_ row: Int) -> Bool { values.value(row, as: UInt8.self) == 1 }

  public func integer(_ row: Int) -> Int64 { values.value(row, as: Int64.self) }

  public func decimal(_ row: Int) -> Int128 { values.value(row, as: Int128.self) }

  public func double(_ row: Int) -> Double { values.value(row, as: Double.self) }

  /// Calls `body` with the bytes of a text that is not NULL; they must not leave it.
  public func withText<Result>(_ row: Int, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    withExtendedLifetime(memory) { body(values.value(row, as: TextView.self).bytes) }
  }
}

/// What an aggregate's events since the last flush add to its stored rows: one row per window and key, to be merged
/// with the stored row column by column. Of sessions: rows of parts of sessions, to be merged with each other and with the
/// stored ones that they overlap.
public struct WindowDelta: Sendable {
  /// Counts into `StreamPlan.aggregates`.
  public let aggregate: Int
  /// Microseconds since 1970, one per row.
  public let windowStarts: [Int64]
  /// The same of the ends, where they do not follow from the starts: empty for windows of equal length.
  public let windowEnds: [Int64]
  /// In the order of `AggregatePlan.keys`.
  public let keys: [DeltaColumn]
  /// In the order of `AggregatePlan.accumulators`.
  public let accumulators: [DeltaColumn]

  public var rowCount: Int { windowStarts.count }
}
