import CPrefetch
import Events
import Glibc

/// Decodes records of one shape, one value of all of them at a time.
///
/// Column by column like Avro's loops, and for the same reasons: within a record each load waits for the one before, while
/// neighbouring records are independent; and what is to be done is chosen once for 64 of them.
///
/// A record whose bytes between two values are not the shape's, or that has a value that cannot be decoded, leaves the
/// loops: it is read again as another shape, or as a whole. Nothing is reported here.
struct ShapeLoops: ~Copyable {
  /// Records at a time: a bit each in a word. Their payloads and cells fit the first-level cache.
  static let capacity = 64

  private static let prefetchedBytes = 512
  private static let cacheLine = 64

  /// A record that is read.
  private struct Reading {
    /// The next byte.
    var cursor: UnsafePointer<UInt8>
    var end: UnsafePointer<UInt8>
    var row: Int
  }

  private let readings = UnsafeMutablePointer<Reading>.allocate(capacity: capacity)
  private var count = 0
  /// The rows that are still to be read.
  private let left = UnsafeMutablePointer<Int>.allocate(capacity: capacity)
  private(set) var leftCount = 0
  private let powers = QuickPowers()

  deinit {
    readings.deallocate()
    left.deallocate()
  }

  /// Takes up records; none of them has been read.
  mutating func take(_ rows: Range<Int>) {
    leftCount = 0
    for row in rows {
      left[leftCount] = row
      leftCount &+= 1
    }
  }

  /// One of the rows that are still to be read, which the caller then reads.
  mutating func takeLeft() -> Int? {
    guard leftCount > 0 else { return nil }
    leftCount &-= 1
    return left[leftCount]
  }

  /// Reads those of the records that have the shape; the others are left.
  ///
  /// - Parameter upcoming: the records of the next run, whose payloads are asked for meanwhile.
  mutating func run(
    _ shape: Shape, _ records: UnsafeMutableBufferPointer<Record>, _ reader: inout JSONReader,
    upcoming: UnsafeBufferPointer<Record>
  ) {
    begin(records)
    let tried = count
    var asked = 0
    for index in shape.steps.indices {
      let share = upcoming.count * (index + 1) / shape.steps.count
      for index in asked..<share { prefetch(upcoming[index]) }
      asked = share
      let leaving = run(shape.steps[index], &reader)
      if leaving != 0 { remove(leaving) }
    }
    finish(shape, reader.columns)
    shape.note(tried: tried, matched: count)
  }

  private mutating func begin(_ records: UnsafeMutableBufferPointer<Record>) {
    count = 0
    var waiting = 0
    for index in 0..<leftCount {
      let row = left[index]
      let record = records[row]
      if let start = record.payload, record.payloadCount >= QuickRoom.least {
        readings[count] = Reading(cursor: start, end: start + record.payloadCount, row: row)
        count &+= 1
      } else {
        left[waiting] = row
        waiting &+= 1
      }
    }
    leftCount = waiting
  }

  /// Asks for a payload, of a long one for its beginning.
  @inline(__always)
  private func prefetch(_ record: Record) {
    guard var line = record.payload else { return }
    let end = line + min(record.payloadCount, ShapeLoops.prefetchedBytes)
    while line < end {
      streampulse_prefetch(line)
      line += ShapeLoops.cacheLine
    }
  }

  private mutating func remove(_ leaving: UInt64) {
    var kept = 0
    for index in 0..<count {
      if leaving &>> UInt64(truncatingIfNeeded: index) & 1 == 1 {
        left[leftCount] = readings[index].row
        leftCount &+= 1
      } else {
        readings[kept] = readings[index]
        kept &+= 1
      }
    }
    count = kept
  }

  /// Compares what is behind the last value.
  private mutating func finish(_ shape: Shape, _ columns: UnsafePointer<Column>) {
    let tail = shape.tail
    var leaving: UInt64 = 0
    for index in 0..<count {
      let (cursor, end) = (readings[index].cursor, readings[index].end)
      // Mostly a brace.
      if end - cursor == tail.count, cursor.pointee == tail.start.pointee,
        tail.count == 1 || memcmp(cursor, tail.start, tail.count) == 0
      {
        continue
      }
      leaving |= 1 &<< UInt64(truncatingIfNeeded: index)
    }
    if leaving != 0 { remove(leaving) }
    for place in 0..<shape.unmet.count {
      let column = columns[shape.unmet[place]]
      for index in 0..<count { setNull(column, readings[index].row) }
    }
  }

  // MARK: - Steps

  /// - Returns: a bit for each record that leaves.
  private func run(_ step: Shape.Step, _ reader: inout JSONReader) -> UInt64 {
    let target = step.column
    let integers = powers.integers
    if target.isNullable {
      let validity = reader.columns[target.index].validity
      for index in 0..<count { validity[readings[index].row] = 1 }
    }
    switch step.kind {
    case .skip:
      return each(step, &reader) { cursor, end, _, room in quickScalar(cursor, end, integers, room) }
    case .text:
      let texts = reader.columns[target.index].texts
      return each(step, &reader) { cursor, end, row, room in quickText(cursor, end, &texts[row], room) }
    case .varchar:
      let texts = reader.columns[target.index].texts
      return each(step, &reader) { cursor, end, row, room in
        let next = quickText(cursor, end, &texts[row], room)
        return texts[row].count <= target.maximumCharacters ? next : nil
      }
    case .integer:
      let values = reader.columns[target.index].integers
      let range = target.type == .integer ? Int64(Int32.min)...Int64(Int32.max) : .min ... .max
      return each(step, &reader) { cursor, end, row, room in
        var value: Int64 = 0
        let next = quickInteger(cursor, end, integers, &value, room)
        values[row] = value
        return range.contains(value) ? next : nil
      }
    case .decimal:
      let values = reader.columns[target.index].decimals
      let scale = target.scale
      let limit = Int128(powersOfTen[target.precision])
      return each(step, &reader) { cursor, end, row, room in
        var number = QuickDecimal()
        guard let next = number.read(cursor, end, integers, room), number.places <= scale,
          scale &- number.places <= QuickPowers.greatest
        else { return nil }
        let magnitude = Int128(number.significand) &* Int128(integers[scale &- number.places])
        values[row] = number.isNegative ? 0 &- magnitude : magnitude
        return magnitude < limit ? next : nil
      }
    case .double:
      let values = reader.columns[target.index].doubles
      let divisors = powers.doubles
      return each(step, &reader) { cursor, end, row, room in
        var number = QuickDecimal()
        guard let next = number.read(cursor, end, integers, room) else { return nil }
        let magnitude =
          number.significand <= 1 << 53 && number.places <= QuickPowers.greatest
          // Both are exact, and so their quotient is rounded once.
          ? Double(Int64(bitPattern: number.significand)) / divisors[number.places]
          : roundedDouble(number.significand, exponent: -number.places) ?? .nan
        values[row] = number.isNegative ? 0 - magnitude : magnitude
        return next
      }
    case .boolean:
      let values = reader.columns[target.index].booleans
      return each(step, &reader) { cursor, end, row, _ in
        quickBoolean(cursor, end, &values[row])
      }
    case .epoch:
      let values = reader.columns[target.index].integers
      let factor: Int64
      switch target.unit {
      case .seconds: factor = 1_000_000
      case .milliseconds: factor = 1000
      case .microseconds: factor = 1
      case .nanoseconds, nil: return each(step, &reader) { _, _, _, _ in nil }
      }
      return each(step, &reader) { cursor, end, row, room in
        var value: Int64 = 0
        let next = quickInteger(cursor, end, integers, &value, room)
        // Fifteen digits of seconds are less than 2^70 microseconds; what does not fit is out of range.
        let (microseconds, overflow) = value.multipliedReportingOverflow(by: factor)
        values[row] = microseconds
        return !overflow && ValueText.timestampRange.contains(microseconds) ? next : nil
      }
    case .timestamp:
      let values = reader.columns[target.index].integers
      let hasZone = target.type == .timestamptz
      return each(step, &reader) { cursor, end, row, room in
        var text = TextView.empty
        guard let next = quickText(cursor, end, &text, room) else { return nil }
        do throws(ValueFault) {
          values[row] = hasZone ? try ValueText.timestamptz(text.bytes) : try ValueText.timestamp(text.bytes)
          return next
        } catch {
          return nil
        }
      }
    case .uuid:
      let texts = reader.columns[target.index].texts
      return each(step, &reader) { cursor, end, row, room in
        guard let next = quickText(cursor, end, &texts[row], room),
          UUIDText.isCanonical(texts[row].bytes)
        else { return nil }
        return next
      }
    case .part:
      return each(step, &reader) { _, _, _, _ in nil }
    }
  }

  /// Compares the bytes before the value and runs `read` for each record; it returns the place behind the value, or nil to
  /// leave the value to the reader.
  @inline(__always)
  private func each(
    _ step: Shape.Step, _ reader: inout JSONReader,
    _ read: (
      _ cursor: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ row: Int, _ room: QuickRoom
    ) -> UnsafePointer<UInt8>?
  ) -> UInt64 {
    let readings = readings
    let (first, last, lastOffset, mask) = (step.first, step.last, step.lastOffset, step.mask)
    let (reach, room, textCount, middle) = (step.reach, step.room, step.text.count, step.middle)
    let hasRoomBefore = step.hasRoomBefore
    var leaving: UInt64 = 0
    for index in 0..<count {
      let (cursor, end, row) = (readings[index].cursor, readings[index].end, readings[index].row)
      let left = end - cursor
      var next: UnsafePointer<UInt8>?
      // Looked at twice as often written as done: most records have room.
      if left >= room {
        let difference = (loadWord(cursor) ^ first) | (loadWord(cursor + lastOffset) ^ last)
        if difference & mask == 0 {
          next = read(cursor + textCount, end, row, QuickRoom(behind: true, infront: hasRoomBefore))
        }
      } else if left >= reach {
        let difference = (loadWord(cursor) ^ first) | (loadWord(cursor + lastOffset) ^ last)
        if difference & mask == 0, middle == 0 || memcmp(cursor + 8, step.text.start + 8, middle) == 0 {
          next = read(cursor + textCount, end, row, QuickRoom(behind: false, infront: hasRoomBefore))
        }
      }
      if let next = next ?? readSlowly(cursor, end, row, step, &reader) {
        readings[index].cursor = next
      } else {
        leaving |= 1 &<< UInt64(truncatingIfNeeded: index)
      }
    }
    return leaving
  }

  /// What is rarer: members that are missing, NULL, bytes near the record's end, and values for which there is no loop.
  @inline(never)
  private func readSlowly(
    _ cursor: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ row: Int, _ step: Shape.Step,
    _ reader: inout JSONReader
  ) -> UnsafePointer<UInt8>? {
    guard end - cursor > step.valueOffset, memcmp(cursor, step.text.start, step.valueOffset) == 0 else {
      guard step.isOptional else { return nil }
      if step.node != PathTree.nowhere { reader.writeNulls(step.node, row) }
      return cursor
    }
    let value = cursor + step.valueOffset
    if step.column.isNullable, isNull(value, end) {
      setNull(reader.columns[step.column.index], row)
      return value + 4
    }
    // What is inside of it may be columns'.
    if step.kind == .skip, step.node != PathTree.nowhere, JSONKind.isContainer(value.pointee) { return nil }
    return reader.readPart(step.node, depth: step.depth, row: row, value, end)
  }
}
