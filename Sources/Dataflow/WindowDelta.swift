import CPrefetch
import Events

/// Rows of a delta, with all their values beside each other.
///
/// In pieces: an allocator gives memory of several megabytes back as soon as it is free, and the system would make every
/// page of it anew for the next delta (8 ns for each event of 100,000 keys).
struct DeltaRows: Sendable {
  private static let pieceBits = 12

  let count: Int
  private let stride: Int
  private let pieces: [[UInt8]]

  /// Copies `count` rows of `stride` bytes.
  init(_ rows: UnsafeRawBufferPointer, stride: Int) {
    count = rows.count / stride
    self.stride = stride
    let bytes = stride << DeltaRows.pieceBits
    pieces = Swift.stride(from: 0, to: rows.count, by: bytes).map { first in
      let piece = UnsafeRawBufferPointer(rebasing: rows[first..<min(first + bytes, rows.count)])
      return Array(unsafeUninitializedCapacity: piece.count) { target, count in
        UnsafeMutableRawBufferPointer(target).copyMemory(from: piece)
        count = piece.count
      }
    }
  }

  fileprivate func value<Value: BitwiseCopyable>(_ row: Int, at offset: Int, as type: Value.Type) -> Value {
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

  func value<Value: BitwiseCopyable>(_ row: Int, as type: Value.Type) -> Value {
    rows.value(row, at: offset, as: type)
  }
}

/// A column of a `WindowDelta`: values that the sink may keep as long as it likes.
///
/// Values are read as what `type.physical` says; those of NULL are unspecified.
public struct DeltaColumn: Sendable {
  private enum Values {
    case cells(DeltaCells)
    /// The texts one after the other, and where each ends.
    case texts(bytes: [UInt8], ends: [Int])
  }

  public let type: SQLType
  public let count: Int
  private let values: Values
  /// 1: present, 0: NULL; nil: no NULL at all.
  private let presence: DeltaCells?

  init(type: SQLType, _ cells: DeltaCells, presence: DeltaCells?) {
    self.type = type
    self.presence = presence
    values = .cells(cells)
    count = cells.rows.count
  }

  /// Copies the texts, into memory of the right size at once: one growth check for all instead of one a text.
  init(type: SQLType, texts: [TextView], presence: DeltaCells?) {
    self.type = type
    self.presence = presence
    count = texts.count
    var ends: [Int] = []
    ends.reserveCapacity(texts.count)
    let bytes = [UInt8](unsafeUninitializedCapacity: texts.reduce(0) { $0 + $1.count }) { buffer, count in
      for (row, text) in texts.enumerated() {
        let ahead = row + DeltaColumn.textsAhead
        if ahead < texts.count { streampulse_prefetch(texts[ahead].start) }
        if let target = buffer.baseAddress {
          (target + count).initialize(from: text.start, count: text.count)
          count += text.count
        }
        ends.append(count)
      }
    }
    values = .texts(bytes: bytes, ends: ends)
  }

  /// So many texts are on their way from memory at the same time.
  private static let textsAhead = 16

  public func isNull(_ row: Int) -> Bool {
    presence.map { $0.value(row, as: UInt8.self) == 0 } ?? false
  }

  public func boolean(_ row: Int) -> Bool { cell(row, or: UInt8(0)) == 1 }

  public func integer(_ row: Int) -> Int64 { cell(row, or: 0) }

  public func decimal(_ row: Int) -> Int128 { cell(row, or: 0) }

  public func double(_ row: Int) -> Double { cell(row, or: 0) }

  public func text(_ row: Int) -> ArraySlice<UInt8> {
    guard case .texts(let bytes, let ends) = values else { return [] }
    return bytes[(row == 0 ? 0 : ends[row - 1])..<ends[row]]
  }

  private func cell<Value: BitwiseCopyable>(_ row: Int, or none: Value) -> Value {
    guard case .cells(let cells) = values else { return none }
    return cells.value(row, as: Value.self)
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
