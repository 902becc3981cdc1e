import CPrefetch
import CTextScan
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
  private static let width = streampulse_scan_width

  /// Of the records that are read: where each one's next byte is, where it ends, and its row.
  private let cursors = UnsafeMutablePointer<UnsafePointer<UInt8>>.allocate(capacity: capacity)
  private let ends = UnsafeMutablePointer<UnsafePointer<UInt8>>.allocate(capacity: capacity)
  private let rows = UnsafeMutablePointer<Int>.allocate(capacity: capacity)
  private var count = 0
  /// The rows that are still to be read.
  private let left = UnsafeMutablePointer<Int>.allocate(capacity: capacity)
  private(set) var leftCount = 0
  private let powers = QuickPowers()

  deinit {
    cursors.deallocate()
    ends.deallocate()
    rows.deallocate()
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
      if let start = record.payload, record.payloadCount >= ShapeLoops.width {
        cursors[count] = start
        ends[count] = start + record.payloadCount
        rows[count] = row
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
        left[leftCount] = rows[index]
        leftCount &+= 1
      } else {
        cursors[kept] = cursors[index]
        ends[kept] = ends[index]
        rows[kept] = rows[index]
        kept &+= 1
      }
    }
    count = kept
  }

  /// Compares what is behind the last value.
  private mutating func finish(_ shape: Shape, _ columns: UnsafePointer<Column>) {
    let tail = shape.tail
    var leaving: UInt64 = 0
    for index in 0..<count
    where ends[index] - cursors[index] != tail.count || memcmp(cursors[index], tail.start, tail.count) != 0 {
      leaving |= 1 &<< UInt64(truncatingIfNeeded: index)
    }
    if leaving != 0 { remove(leaving) }
    for column in shape.unmet {
      for index in 0..<count { setNull(columns[column], rows[index]) }
    }
  }

  // MARK: - Steps

  /// - Returns: a bit for each record that leaves.
  private func run(_ step: Shape.Step, _ reader: inout JSONReader) -> UInt64 {
    let target = step.column
    let integers = powers.integers
    switch step.kind {
    case .skip:
      let takesContainers = step.node == PathTree.nowhere
      return each(step, &reader) { cursor, end, _ in
        var (text, value, number) = (TextView.empty, UInt8(0), QuickDecimal())
        if let next = quickText(cursor, end, &text) { return next }
        if let next = number.read(cursor, end, integers) { return next }
        if let next = quickBoolean(cursor, end, &value) { return next }
        return isNull(cursor, end) ? cursor + 4 : nil
      } orSlowly: { cursor in
        takesContainers || !JSONKind.isContainer(cursor.pointee)
      }
    case .text:
      let texts = reader.columns[target.index].texts
      let maximum = target.maximumCharacters
      return each(step, &reader) { cursor, end, row in
        let next = quickText(cursor, end, &texts[row])
        return texts[row].count <= maximum ? next : nil
      }
    case .integer:
      let values = reader.columns[target.index].integers
      let range = target.type == .integer ? Int64(Int32.min)...Int64(Int32.max) : .min ... .max
      return each(step, &reader) { cursor, end, row in
        var value: Int64 = 0
        let next = quickInteger(cursor, end, integers, &value)
        values[row] = value
        return range.contains(value) ? next : nil
      }
    case .decimal:
      let values = reader.columns[target.index].decimals
      let scale = target.scale
      let limit = Int128(powersOfTen[target.precision])
      return each(step, &reader) { cursor, end, row in
        var number = QuickDecimal()
        guard let next = number.read(cursor, end, integers), number.places <= scale, scale < 16 else { return nil }
        let magnitude = Int128(number.significand) &* Int128(integers[scale &- number.places])
        values[row] = number.isNegative ? 0 &- magnitude : magnitude
        return magnitude < limit ? next : nil
      }
    case .double:
      let values = reader.columns[target.index].doubles
      let divisors = powers.doubles
      return each(step, &reader) { cursor, end, row in
        var number = QuickDecimal()
        // Both are exact, and so their quotient is rounded once.
        guard let next = number.read(cursor, end, integers), number.significand <= 1 << 53 else { return nil }
        let magnitude = Double(number.significand) / divisors[number.places]
        values[row] = number.isNegative ? 0 - magnitude : magnitude
        return next
      }
    case .boolean:
      let values = reader.columns[target.index].booleans
      return each(step, &reader) { cursor, end, row in quickBoolean(cursor, end, &values[row]) }
    case .epoch:
      let values = reader.columns[target.index].integers
      guard let unit = target.unit else { return .max }
      let type = target.type
      return each(step, &reader) { cursor, end, row in
        var value: Int64 = 0
        guard let next = quickInteger(cursor, end, integers, &value) else { return nil }
        do throws(ValueFault) {
          values[row] = try ValueText.epoch(value, unit: unit, type: type)
          return next
        } catch {
          return nil
        }
      }
    case .timestamp:
      let values = reader.columns[target.index].integers
      let hasZone = target.type == .timestamptz
      return each(step, &reader) { cursor, end, row in
        var text = TextView.empty
        guard let next = quickText(cursor, end, &text) else { return nil }
        do throws(ValueFault) {
          values[row] = hasZone ? try ValueText.timestamptz(text.bytes) : try ValueText.timestamp(text.bytes)
          return next
        } catch {
          return nil
        }
      }
    case .uuid:
      let texts = reader.columns[target.index].texts
      return each(step, &reader) { cursor, end, row in
        guard let next = quickText(cursor, end, &texts[row]), UUIDText.isCanonical(texts[row].bytes) else { return nil }
        return next
      }
    case .part:
      return each(step, &reader) { _, _, _ in nil }
    }
  }

  /// Compares the bytes before the value and runs `read` for each record; it returns the place behind the value, or nil to
  /// leave the value to the reader.
  ///
  /// - Parameter orSlowly: whether the reader may read the value.
  @inline(__always)
  private func each(
    _ step: Shape.Step, _ reader: inout JSONReader,
    _ read: (_ cursor: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ row: Int) -> UnsafePointer<UInt8>?,
    orSlowly mayRead: (_ cursor: UnsafePointer<UInt8>) -> Bool = { _ in true }
  ) -> UInt64 {
    let (cursors, ends, rows) = (cursors, ends, rows)
    let (literal, reach, literalCount, middle) = (step.literal, step.reach, step.text.count, step.middle)
    let validity = step.column.isNullable ? reader.columns[step.column.index].validity : nil
    var leaving: UInt64 = 0
    for index in 0..<count {
      let (cursor, end) = (cursors[index], ends[index])
      let isSame =
        end - cursor >= reach && middle == 0 ? streampulse_begins_with(cursor, literal) : begins(cursor, end, step)
      if isSame {
        let value = cursor + literalCount
        if let next = read(value, end, rows[index]) {
          cursors[index] = next
          if let validity { validity[rows[index]] = 1 }
          continue
        }
        if value < end, mayRead(value), let next = readSlowly(value, end, rows[index], step, &reader) {
          cursors[index] = next
          continue
        }
      }
      leaving |= 1 &<< UInt64(truncatingIfNeeded: index)
    }
    return leaving
  }

  @inline(never)
  private func begins(_ cursor: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ step: Shape.Step) -> Bool {
    end - cursor >= step.text.count && memcmp(cursor, step.text.start, step.text.count) == 0
  }

  @inline(never)
  private func readSlowly(
    _ cursor: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ row: Int, _ step: Shape.Step,
    _ reader: inout JSONReader
  ) -> UnsafePointer<UInt8>? {
    if step.column.isNullable, isNull(cursor, end) {
      setNull(reader.columns[step.column.index], row)
      return cursor + 4
    }
    return reader.readPart(step.node, depth: step.depth, row: row, cursor, end)
  }
}
