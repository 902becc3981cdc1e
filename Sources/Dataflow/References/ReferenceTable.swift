import Events
import Plan

/// One version of a table of reference data, in memory. Immutable: a newer version is another one.
///
/// `@unchecked Sendable`: what it points to is written by its builder alone, before anybody else has it.
public final class ReferenceTable: @unchecked Sendable {
  public let reference: Reference
  /// Rows with a key.
  public let rowCount: Int
  public let byteCount: Int
  /// Row 0 is that of no row: NULL in every column.
  let columns: [Column]
  /// Keeps the texts.
  private let texts: [TextChunk]
  private let keys: ValueDictionary
  /// nil: the id of a key is the number of its row.
  private let periods: ReferencePeriods?

  init(
    _ reference: Reference, columns: [Column], texts: [TextChunk], keys: consuming ValueDictionary,
    periods: ReferencePeriods?, rowCount: Int, byteCount: Int
  ) {
    self.reference = reference
    self.columns = columns
    self.texts = texts
    self.keys = keys
    self.periods = periods
    self.rowCount = rowCount
    self.byteCount = byteCount
  }

  deinit {
    for column in columns { column.deallocate() }
  }

  /// The rows that keys name; 0 where there is none.
  ///
  /// - Parameter operands: a column for each of the key's; behind them the event time, where rows have a validity.
  func find(_ operands: [Column], _ scratch: ReferenceScratch, _ rows: UnsafeMutablePointer<Int64>, _ count: Int) {
    let ids = scratch.ids
    let keyCount = operands.count - (periods == nil ? 0 : 1)
    if keyCount == 1, operands[0].type.physical == .text {
      let texts = operands[0].texts
      let missed = keys.find(texts, ids, scratch.misses, count)
      for miss in 0..<missed {
        let row = Int(scratch.misses[miss])
        ids[row] = keys.known(texts[row])
      }
    } else {
      for row in 0..<count {
        scratch.beginKey()
        for operand in 0..<keyCount { scratch.append(operands[operand], row) }
        ids[row] = keys.known(scratch.key)
      }
    }
    // Of a NULL the value is unspecified.
    for operand in operands where operand.isNullable {
      for row in 0..<count { ids[row] &= 0 &- Int32(operand.validity[row]) }
    }
    guard let periods else {
      for row in 0..<count { rows[row] = Int64(ids[row]) }
      return
    }
    let times = operands[keyCount].integers
    for row in 0..<count { rows[row] = periods.row(of: ids[row], at: times[row]) }
  }
}

/// When the rows of each key are valid.
struct ReferencePeriods {
  /// Where the periods of each key begin, by its id; one more for the end.
  private var starts: [Int32]
  /// In the order of their keys, and of time.
  private var periods: [Period]

  struct Period {
    /// In microseconds since 1970.
    var from: Int64
    /// Not any more.
    var to: Int64
    var row: Int32
  }

  init(starts: [Int32], periods: [Period]) {
    self.starts = starts
    self.periods = periods
  }

  var byteCount: Int { starts.count * MemoryLayout<Int32>.stride + periods.count * MemoryLayout<Period>.stride }

  @inline(__always)
  func row(of id: Int32, at time: Int64) -> Int64 {
    var low = Int(starts[Int(id)])
    var high = Int(starts[Int(id) + 1])
    let first = low
    // The last period that begins by then.
    while low < high {
      let middle = (low + high) / 2
      if periods[middle].from <= time { low = middle + 1 } else { high = middle }
    }
    guard low > first, time < periods[low - 1].to else { return 0 }
    return Int64(periods[low - 1].row)
  }
}

/// A thread's memory for looking up the keys of a batch.
final class ReferenceScratch {
  let ids: UnsafeMutablePointer<Int32>
  let misses: UnsafeMutablePointer<Int32>
  private var bytes: UnsafeMutablePointer<UInt8>
  private var capacity = 256
  private var count = 0

  init(capacity rows: Int) {
    ids = .allocate(capacity: rows)
    ids.initialize(repeating: 0, count: rows)
    misses = .allocate(capacity: rows)
    misses.initialize(repeating: 0, count: rows)
    bytes = .allocate(capacity: capacity)
  }

  deinit {
    ids.deallocate()
    misses.deallocate()
    bytes.deallocate()
  }

  // A key of one text is that text. Any other is its values' bytes, a text with its length before it.

  func beginKey() { count = 0 }

  /// Until the next `beginKey`.
  var key: TextView { TextView(start: UnsafePointer(bytes), count: count) }

  @inline(__always)
  func append(_ column: Column, _ row: Int) {
    switch column.type.physical {
    case .boolean: append(Int64(column.booleans[row]))
    case .text:
      let text = column.texts[row]
      append(Int64(text.count))
      reserve(text.count)
      (bytes + count).update(from: text.start, count: text.count)
      count += text.count
    // What a reference cannot have in its key never gets here.
    case .integer, .decimal, .double: append(column.integers[row])
    }
  }

  @inline(__always)
  private func append(_ value: Int64) {
    reserve(8)
    UnsafeMutableRawPointer(bytes + count).storeBytes(of: value, as: Int64.self)
    count += 8
  }

  @inline(__always)
  private func reserve(_ more: Int) {
    if count + more > capacity { grow(more) }
  }

  @inline(never)
  private func grow(_ more: Int) {
    capacity = max(2 * capacity, count + more)
    let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
    larger.update(from: bytes, count: count)
    bytes.deallocate()
    bytes = larger
  }
}
