import Events

/// Decodes records that share a plan, one instruction over all of them at a time.
///
/// Column by column, because the position of a field depends on the lengths before it: within a record each load waits
/// for the one before, while neighbouring records are independent and the processor works on several at once. It also
/// makes the choice of the instruction cost once per 64 records.
///
/// The loops take only the common case and never report anything: a value that is cut off, long, or wrong is left to
/// the `RowReader`, which starts over at the same byte.
struct ColumnLoops: ~Copyable {
  /// Records at a time: their payloads and cells fit the first-level cache.
  static let capacity = 64

  /// Where in its payload each record's next value is.
  let cursors = UnsafeMutablePointer<UnsafePointer<UInt8>>.allocate(capacity: capacity)
  let starts = UnsafeMutablePointer<UnsafePointer<UInt8>>.allocate(capacity: capacity)
  let ends = UnsafeMutablePointer<UnsafePointer<UInt8>>.allocate(capacity: capacity)
  var count = 0
  /// The row of the first record.
  var firstRow = 0

  deinit {
    cursors.deallocate()
    starts.deallocate()
    ends.deallocate()
  }

  borrowing func run(_ plan: DecodePlan, _ reader: inout RowReader) {
    for index in plan.program.indices {
      let step = plan.program[index]
      run(plan.instructions[step.node], step, plan, &reader)
    }
  }

  private borrowing func run(_ instruction: Instruction, _ step: Step, _ plan: DecodePlan, _ reader: inout RowReader) {
    let columns = reader.columns
    let row = firstRow
    switch instruction {
    case .skip(let bytes):
      each(step, &reader) { cursor, end, _ in end - cursor >= bytes ? cursor + bytes : nil }
    case .skipVarint:
      each(step, &reader) { cursor, end, _ in
        var ignored: Int64 = 0
        return fastVarint(cursor, end, &ignored)
      }
    case .skipText:
      each(step, &reader) { cursor, end, _ in
        var ignored = TextView.empty
        return fastText(cursor, end, &ignored)
      }
    case .skipNullableText(let nullTag):
      each(step, &reader) { cursor, end, _ in
        guard cursor < end else { return nil }
        if cursor.pointee == nullTag { return cursor + 1 }
        guard cursor.pointee == 2 - nullTag else { return nil }
        var ignored = TextView.empty
        return fastText(cursor + 1, end, &ignored)
      }
    case .text(let column):
      let texts = columns[column].texts + row
      each(step, &reader) { cursor, end, index in fastText(cursor, end, &texts[index]) }
    case .int32(let column):
      let integers = columns[column].integers + row
      each(step, &reader) { cursor, end, index in fastInt32(cursor, end, &integers[index]) }
    case .int64(let column):
      let integers = columns[column].integers + row
      each(step, &reader) { cursor, end, index in fastVarint(cursor, end, &integers[index]) }
    case .milliseconds(let column):
      let integers = columns[column].integers + row
      each(step, &reader) { cursor, end, index in fastMilliseconds(cursor, end, &integers[index]) }
    case .double(let column):
      let doubles = columns[column].doubles + row
      each(step, &reader) { cursor, end, index in fastDouble(cursor, end, &doubles[index]) }
    case .nullable(let column, let nullTag, let node):
      runNullable(columns[column], nullTag, plan.instructions[node], step, &reader)
    case .valid(let column):
      (columns[column].validity + row).update(repeating: 1, count: count)
    default:
      each(step, &reader) { _, _, _ in nil }
    }
  }

  /// A union of null and a type that has a loop of its own.
  private borrowing func runNullable(
    _ column: Column, _ nullTag: UInt8, _ value: Instruction, _ step: Step, _ reader: inout RowReader
  ) {
    let validity = column.validity + firstRow
    switch value {
    case .text:
      let texts = column.texts + firstRow
      each(step, &reader) { cursor, end, index in
        guard let tag = fastTag(cursor, end, nullTag, &validity[index]) else { return nil }
        if tag { return fastText(cursor + 1, end, &texts[index]) }
        texts[index] = .empty
        return cursor + 1
      }
    case .int32:
      let integers = column.integers + firstRow
      each(step, &reader) { cursor, end, index in
        guard let tag = fastTag(cursor, end, nullTag, &validity[index]) else { return nil }
        return tag ? fastInt32(cursor + 1, end, &integers[index]) : cursor + 1
      }
    case .int64:
      let integers = column.integers + firstRow
      each(step, &reader) { cursor, end, index in
        guard let tag = fastTag(cursor, end, nullTag, &validity[index]) else { return nil }
        return tag ? fastVarint(cursor + 1, end, &integers[index]) : cursor + 1
      }
    case .milliseconds:
      let integers = column.integers + firstRow
      each(step, &reader) { cursor, end, index in
        guard let tag = fastTag(cursor, end, nullTag, &validity[index]) else { return nil }
        return tag ? fastMilliseconds(cursor + 1, end, &integers[index]) : cursor + 1
      }
    case .double:
      let doubles = column.doubles + firstRow
      each(step, &reader) { cursor, end, index in
        guard let tag = fastTag(cursor, end, nullTag, &validity[index]) else { return nil }
        return tag ? fastDouble(cursor + 1, end, &doubles[index]) : cursor + 1
      }
    default:
      each(step, &reader) { _, _, _ in nil }
    }
  }

  /// Runs `read` for each record; it returns the cursor behind the value, or nil to leave the value to the reader.
  @inline(__always)
  private borrowing func each(
    _ step: Step, _ reader: inout RowReader,
    _ read: (_ cursor: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ index: Int) -> UnsafePointer<UInt8>?
  ) {
    let cursors = cursors
    let ends = ends
    for index in 0..<count {
      if let next = read(cursors[index], ends[index], index) {
        cursors[index] = next
      } else {
        readSlowly(step, index, &reader)
      }
    }
  }

  @inline(never)
  private borrowing func readSlowly(_ step: Step, _ index: Int, _ reader: inout RowReader) {
    let row = firstRow + index
    guard reader.batch.live[row] == 1 else { return }
    reader.start = starts[index]
    reader.cursor = cursors[index]
    reader.end = ends[index]
    reader.depth = 0
    reader.emptyItems = 0
    reader.field = step.field
    do {
      try reader.run(step.node, row: row)
      cursors[index] = reader.cursor
    } catch {
      cursors[index] = ends[index]
      reader.fail(row, error)
    }
  }

  /// Fails the records whose payload has not been read to its end.
  borrowing func checkEnds(_ reader: inout RowReader) {
    for index in 0..<count where cursors[index] != ends[index] {
      let row = firstRow + index
      guard reader.batch.live[row] == 1 else { continue }
      reader.start = starts[index]
      reader.cursor = cursors[index]
      reader.end = ends[index]
      reader.field = 0
      let left = ends[index] - cursors[index]
      reader.fail(row, reader.failure(.trailingBytes, "\(left) bytes are left after the last field"))
    }
  }
}

// MARK: - Single values in their common forms

/// A length of one or two bytes: up to 8,191.
@inline(__always)
private func fastText(
  _ cursor: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ text: inout TextView
) -> UnsafePointer<UInt8>? {
  let left = end - cursor
  guard left > 0 else { return nil }
  let first = cursor.pointee
  guard first & 1 == 0 else { return nil }
  if first < 0x80 {
    let count = Int(first >> 1)
    guard count < left else { return nil }
    text = TextView(start: cursor + 1, count: count)
    return cursor + (1 &+ count)
  }
  guard left > 1, cursor[1] < 0x80 else { return nil }
  let count = Int(first & 0x7F) >> 1 | Int(cursor[1]) << 6
  guard count < left &- 1 else { return nil }
  text = TextView(start: cursor + 2, count: count)
  return cursor + (2 &+ count)
}

/// Up to 8 bytes without a branch on their number: the varint's groups of 7 bits are moved together in three steps.
@inline(__always)
private func fastVarint(
  _ cursor: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ value: inout Int64
) -> UnsafePointer<UInt8>? {
  guard end - cursor >= 8 else { return nil }
  let word = UInt64(littleEndian: UnsafeRawPointer(cursor).loadUnaligned(as: UInt64.self))
  let stops = ~word & 0x8080_8080_8080_8080
  guard stops != 0 else { return nil }
  // All bits up to the lowest stop bit, which is the last byte's highest.
  var bits = word & (stops ^ (stops &- 1)) & 0x7F7F_7F7F_7F7F_7F7F
  bits = bits & 0x007F_007F_007F_007F | (bits & 0x7F00_7F00_7F00_7F00) &>> 1
  bits = bits & 0x0000_3FFF_0000_3FFF | (bits & 0x3FFF_0000_3FFF_0000) &>> 2
  bits = bits & 0x0000_0000_0FFF_FFFF | (bits & 0x0FFF_FFFF_0000_0000) &>> 4
  value = unzigzag(bits)
  return cursor + (stops.trailingZeroBitCount &>> 3 &+ 1)
}

@inline(__always)
private func fastInt32(
  _ cursor: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ value: inout Int64
) -> UnsafePointer<UInt8>? {
  let next = fastVarint(cursor, end, &value)
  return value == Int64(Int32(truncatingIfNeeded: value)) ? next : nil
}

@inline(__always)
private func fastMilliseconds(
  _ cursor: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ value: inout Int64
) -> UnsafePointer<UInt8>? {
  var milliseconds: Int64 = 0
  let next = fastVarint(cursor, end, &milliseconds)
  let (microseconds, overflow) = milliseconds.multipliedReportingOverflow(by: 1000)
  value = microseconds
  return overflow ? nil : next
}

@inline(__always)
private func fastDouble(
  _ cursor: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ value: inout Double
) -> UnsafePointer<UInt8>? {
  guard end - cursor >= 8 else { return nil }
  value = Double(bitPattern: UInt64(littleEndian: UnsafeRawPointer(cursor).loadUnaligned(as: UInt64.self)))
  return cursor + 8
}

/// Whether a value follows the union's tag; nil when the tag is neither of the two.
@inline(__always)
private func fastTag(
  _ cursor: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ nullTag: UInt8, _ validity: inout UInt8
) -> Bool? {
  guard cursor < end else { return nil }
  let tag = cursor.pointee
  guard tag == nullTag || tag == 2 &- nullTag else { return nil }
  validity = tag == nullTag ? 0 : 1
  return tag != nullTag
}
