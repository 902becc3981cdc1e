import CPrefetch
import Events

/// Decodes records that share a plan, one instruction over all of them at a time.
///
/// Column by column, because the position of a field depends on the lengths before it: within a record each load waits
/// for the one before, while neighbouring records are independent and the processor works on several at once. It also
/// makes the choice of the instruction cost once per 64 records.
///
/// The loops take only the common case and never report anything: a value that is cut off, long, or wrong is left to
/// the `RowReader`, which starts over at the same byte.
///
/// Before each step every record has at least the bytes left that the plan needs from there on (`DecodePlan.needs`), so
/// that a loop checks only the end of a value of variable length, once, and one of fixed size not at all (330
/// instructions an event instead of 372). A record that failed is moved to the plan's zeros, where every step finds
/// something harmless to read.
struct ColumnLoops: ~Copyable {
  /// Records at a time: their payloads and cells fit the first-level cache.
  static let capacity = 64

  private static let prefetchedBytes = 512
  private static let cacheLine = 64

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

  /// Takes up the leading records of the next `limit` that have no header: when they may have one, those that begin with
  /// a byte that no header begins with.
  mutating func takeBare(_ records: UnsafeMutableBufferPointer<Record>, _ limit: Int, mayBeFramed: Bool) {
    let (starts, cursors, ends, firstRow) = (starts, cursors, ends, firstRow)
    var taken = 0
    while taken < limit {
      let record = records[firstRow &+ taken]
      guard let start = record.payload, record.payloadCount > 0 else { break }
      if mayBeFramed, start.pointee == FrameHeader.singleObjectStart || start.pointee == FrameHeader.confluentStart {
        break
      }
      starts[taken] = start
      cursors[taken] = start
      ends[taken] = start + record.payloadCount
      taken &+= 1
    }
    count = taken
  }

  /// - Parameter upcoming: the records of the next run, whose payloads are asked for between the steps of this one: no
  ///   more at a time than the processor can wait for. Payloads come from memory that another thread or nobody has
  ///   touched since, and without it the engine waited for them a fifth of its time.
  borrowing func run(_ plan: DecodePlan, _ reader: inout RowReader, upcoming: UnsafeBufferPointer<Record>) {
    let needed = plan.needs[0]
    for index in 0..<count where ends[index] - cursors[index] < needed { readRest(of: index, from: 0, &reader) }
    var asked = 0
    for step in plan.program.indices {
      let share = upcoming.count * (step + 1) / plan.program.count
      for index in asked..<share { prefetch(upcoming[index]) }
      asked = share
      run(plan.instructions[plan.program[step].node], step, plan, &reader)
    }
  }

  /// Asks for a payload, of a long one for its beginning.
  @inline(__always)
  private borrowing func prefetch(_ record: Record) {
    guard var line = record.payload else { return }
    let end = line + min(record.payloadCount, Self.prefetchedBytes)
    while line < end {
      streampulse_prefetch(line)
      line += Self.cacheLine
    }
  }

  private borrowing func run(_ instruction: Instruction, _ step: Int, _ plan: DecodePlan, _ reader: inout RowReader) {
    let columns = reader.columns
    let row = firstRow
    switch instruction {
    case .skip(let bytes) where bytes <= DecodePlan.maximumSkip:
      for index in 0..<count { cursors[index] += bytes }
    case .skipVarint:
      each(step, &reader) { cursor, end, _ in
        var ignored: Int64 = 0
        return fastVarint(cursor, end, &ignored)
      }
    case .skipText:
      let empty = TextView.empty
      each(step, &reader) { cursor, end, _ in
        var ignored = empty
        return fastText(cursor, end, &ignored)
      }
    case .skipNullableText(let nullTag):
      let empty = TextView.empty
      each(step, &reader) { cursor, end, _ in
        if cursor.pointee == nullTag { return cursor + 1 }
        guard cursor.pointee == 2 - nullTag, end - cursor > 1 else { return nil }
        var ignored = empty
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
      for index in 0..<count {
        doubles[index] = loadDouble(cursors[index])
        cursors[index] += 8
      }
    case .nullable(let column, let nullTag, let node):
      runNullable(columns[column], nullTag, plan.instructions[node], step, &reader)
    case .valid(let column):
      (columns[column].validity + row).update(repeating: 1, count: count)
    default:
      for index in 0..<count { readSlowly(step, index, &reader) }
    }
  }

  /// A union of null and a type that has a loop of its own.
  private borrowing func runNullable(
    _ column: Column, _ nullTag: UInt8, _ value: Instruction, _ step: Int, _ reader: inout RowReader
  ) {
    let validity = column.validity + firstRow
    switch value {
    case .text:
      let texts = column.texts + firstRow
      let empty = TextView.empty
      eachNullable(nullTag, validity, step, &reader) { cursor, end, index in
        fastText(cursor, end, &texts[index])
      } orNull: { index in
        texts[index] = empty
      }
    case .int32:
      let integers = column.integers + firstRow
      eachNullable(nullTag, validity, step, &reader) { cursor, end, index in
        fastInt32(cursor, end, &integers[index])
      }
    case .int64:
      let integers = column.integers + firstRow
      eachNullable(nullTag, validity, step, &reader) { cursor, end, index in
        fastVarint(cursor, end, &integers[index])
      }
    case .milliseconds:
      let integers = column.integers + firstRow
      eachNullable(nullTag, validity, step, &reader) { cursor, end, index in
        fastMilliseconds(cursor, end, &integers[index])
      }
    case .double:
      let doubles = column.doubles + firstRow
      eachNullable(nullTag, validity, step, &reader) { cursor, end, index in
        guard end - cursor >= 8 else { return nil }
        doubles[index] = loadDouble(cursor)
        return cursor + 8
      }
    default:
      for index in 0..<count { readSlowly(step, index, &reader) }
    }
  }

  @inline(__always)
  private borrowing func eachNullable(
    _ nullTag: UInt8, _ validity: UnsafeMutablePointer<UInt8>, _ step: Int, _ reader: inout RowReader,
    _ read: (_ cursor: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ index: Int) -> UnsafePointer<UInt8>?,
    orNull clear: (_ index: Int) -> Void = { _ in }
  ) {
    each(step, &reader) { cursor, end, index in
      if cursor.pointee == nullTag {
        validity[index] = 0
        clear(index)
        return cursor + 1
      }
      guard cursor.pointee == 2 &- nullTag, end - cursor > 1 else { return nil }
      validity[index] = 1
      return read(cursor + 1, end, index)
    }
  }

  /// Runs `read` for each record; it returns the cursor behind the value, be that beyond the end, or nil to leave the
  /// value to the reader. At least one byte is left at the cursor.
  @inline(__always)
  private borrowing func each(
    _ step: Int, _ reader: inout RowReader,
    _ read: (_ cursor: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ index: Int) -> UnsafePointer<UInt8>?
  ) {
    let cursors = cursors
    let ends = ends
    let needed = reader.plan.needs[step + 1]
    for index in 0..<count {
      if let next = read(cursors[index], ends[index], index), next + needed <= ends[index] {
        cursors[index] = next
      } else {
        readSlowly(step, index, &reader)
      }
    }
  }

  @inline(never)
  private borrowing func readSlowly(_ step: Int, _ index: Int, _ reader: inout RowReader) {
    guard reader.batch.live[firstRow + index] == 1 else { return }
    if run(step, index, &reader), ends[index] - cursors[index] < reader.plan.needs[step + 1] {
      readRest(of: index, from: step + 1, &reader)
    }
  }

  /// For a record that is too short for the steps from `first` on: finds the one that fails.
  @inline(never)
  private borrowing func readRest(of index: Int, from first: Int, _ reader: inout RowReader) {
    guard reader.batch.live[firstRow + index] == 1 else { return }
    for step in first..<reader.plan.program.count {
      guard run(step, index, &reader) else { return }
    }
    fail(index, reader.truncated(needing: 1), &reader)
  }

  /// Runs one step for one record; false when that failed.
  private borrowing func run(_ step: Int, _ index: Int, _ reader: inout RowReader) -> Bool {
    place(reader: &reader, at: index)
    reader.depth = 0
    reader.emptyItems = 0
    reader.field = reader.plan.program[step].field
    do {
      try reader.run(reader.plan.program[step].node, row: firstRow + index)
      cursors[index] = reader.cursor
      return true
    } catch {
      fail(index, error, &reader)
      return false
    }
  }

  private borrowing func place(reader: inout RowReader, at index: Int) {
    reader.start = starts[index]
    reader.cursor = cursors[index]
    reader.end = ends[index]
  }

  private borrowing func fail(_ index: Int, _ failure: RowFailure, _ reader: inout RowReader) {
    reader.fail(firstRow + index, failure)
    setAside(index, reader.plan)
  }

  /// Gives a record that failed zeros to read.
  borrowing func setAside(_ index: Int, _ plan: DecodePlan) {
    cursors[index] = plan.zeros.start
    ends[index] = plan.zeros.start + plan.zeros.count
  }

  /// Fails the records whose payload has not been read to its end.
  borrowing func checkEnds(_ reader: inout RowReader) {
    for index in 0..<count where cursors[index] != ends[index] {
      guard reader.batch.live[firstRow + index] == 1 else { continue }
      place(reader: &reader, at: index)
      reader.field = 0
      let left = ends[index] - cursors[index]
      reader.fail(firstRow + index, reader.failure(.trailingBytes, "\(left) bytes are left after the last field"))
    }
  }
}

// MARK: - Single values in their common forms

/// A length of one or two bytes: up to 8,191. At least one byte is there; whether the text is, the caller checks.
@inline(__always)
private func fastText(
  _ cursor: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ text: inout TextView
) -> UnsafePointer<UInt8>? {
  let first = cursor.pointee
  if first & 0x81 == 0 {
    let count = Int(first >> 1)
    text = TextView(start: cursor + 1, count: count)
    return cursor + (1 &+ count)
  }
  guard first & 1 == 0, end - cursor > 1, cursor[1] < 0x80 else { return nil }
  let count = Int(first & 0x7F) >> 1 | Int(cursor[1]) << 6
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

/// One or two bytes, which is what sizes and durations have, without a branch on which; else as a long.
@inline(__always)
private func fastInt32(
  _ cursor: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ value: inout Int64
) -> UnsafePointer<UInt8>? {
  guard end - cursor >= 2 else { return nil }
  let word = UInt64(UInt16(littleEndian: UnsafeRawPointer(cursor).loadUnaligned(as: UInt16.self)))
  guard word & 0x8080 != 0x8080 else {
    let next = fastVarint(cursor, end, &value)
    return value == Int64(Int32(truncatingIfNeeded: value)) ? next : nil
  }
  let hasSecond = word &>> 7 & 1
  value = unzigzag(word & 0x7F | word &>> 1 & 0x3F80 & (0 &- hasSecond))
  return cursor + (1 &+ Int(hasSecond))
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
private func loadDouble(_ cursor: UnsafePointer<UInt8>) -> Double {
  Double(bitPattern: UInt64(littleEndian: UnsafeRawPointer(cursor).loadUnaligned(as: UInt64.self)))
}
