import Events
import Plan

/// Makes a version of a table of reference data of its rows, whose values come as text.
///
/// Used by one thread, once.
public final class ReferenceTableBuilder {
  private let reference: Reference
  private let limits: ReferenceLimits
  private var columns: [Column]
  private var capacity = 256
  /// With row 0, which stands for none.
  private var count = 1
  private var arena = TextArena()
  private var keys: ValueDictionary
  private let scratch = ReferenceScratch(capacity: 1)
  /// The key of each row, where rows have a validity.
  private var ids: [Int32] = [0]
  private var isFinished = false

  /// - Parameter seed: of the hash functions; random in production, fixed in tests.
  public init(_ reference: Reference, limits: ReferenceLimits = ReferenceLimits(), seed: UInt64) {
    self.reference = reference
    self.limits = limits
    keys = ValueDictionary(seed: seed)
    columns = reference.columns.map { Column(type: $0.type, isNullable: true, capacity: 256) }
    for column in columns { column.validity[0] = 0 }
  }

  deinit {
    if !isFinished { for column in columns { column.deallocate() } }
  }

  /// Adds a row. Without a key it is left out, since nothing could name it.
  ///
  /// - Parameter value: hands over the text of a column, or nil for NULL. A whole number of the type's unit stands for
  ///   times and dates, the lowest and the highest for the infinite ones; of a numeric the unscaled value; `t` and `f` for
  ///   booleans. Texts are UTF-8.
  public func addRow(
    _ value: (_ column: Int, _ take: (UnsafeBufferPointer<UInt8>?) -> Void) -> Void
  ) throws(ReferenceFault) {
    if count == capacity { grow() }
    var refused: Int?
    for (index, column) in columns.enumerated() {
      value(index) { text in
        guard let text else {
          column.clear(count)
          return
        }
        column.validity[count] = 1
        if !read(text, into: column) || isInfinite(index) { refused = refused ?? index }
      }
    }
    for index in reference.key where columns[index].validity[count] == 0 { return }
    if let refused { throw .unusable(column: reference.columns[refused].name, key: keyText(count)) }
    for (index, declared) in reference.columns.enumerated()
    where !declared.isNullable && columns[index].validity[count] == 0 {
      throw .missing(column: declared.name, key: keyText(count))
    }
    if count > limits.maxRows { throw .tooManyRows(limit: limits.maxRows) }
    try addKey()
    count += 1
    // The sum is only worth its time now and then.
    if count & 0x3ff == 0 { try checkSize() }
  }

  private func addKey() throws(ReferenceFault) {
    let known = keys.count
    let id = keys.intern(key(of: count)) { _ in true } ?? ValueDictionary.null
    guard reference.validity == nil else {
      ids.append(id)
      return
    }
    if Int(id) < known { throw .repeatedKey(keyText(count)) }
  }

  private func key(of row: Int) -> TextView {
    if reference.key.count == 1, columns[reference.key[0]].type.physical == .text {
      return columns[reference.key[0]].texts[row]
    }
    scratch.beginKey()
    for index in reference.key { scratch.append(columns[index], row) }
    return scratch.key
  }

  private func checkSize() throws(ReferenceFault) {
    if byteCount > limits.maxBytes { throw .tooManyBytes(limit: limits.maxBytes) }
  }

  private var byteCount: Int {
    columns.reduce(0) { $0 + ($1.type.physical.width + 1) * capacity } + arena.capacity + keys.byteCount
      + ids.count * MemoryLayout<Int32>.stride
  }

  /// The version. The builder is used up by it.
  public func finish() throws(ReferenceFault) -> ReferenceTable {
    let periods = try periods()
    let bytes = byteCount + (periods?.byteCount ?? 0)
    if bytes > limits.maxBytes { throw .tooManyBytes(limit: limits.maxBytes) }
    var finished = ValueDictionary(seed: 0)
    swap(&finished, &keys)
    isFinished = true
    return ReferenceTable(
      reference, columns: columns, texts: arena.handOver(), keys: finished, periods: periods, rowCount: count - 1,
      byteCount: bytes)
  }

  // MARK: Validity

  private func periods() throws(ReferenceFault) -> ReferencePeriods? {
    guard let validity = reference.validity else { return nil }
    func bound(_ column: Int?, _ row: Int, else unbounded: Int64) -> Int64 {
      guard let column, columns[column].validity[row] == 1 else { return unbounded }
      return columns[column].integers[row]
    }
    var rows = (1..<max(count, 1)).map { row in
      ReferencePeriods.Period(
        from: bound(validity.from, row, else: .min), to: bound(validity.to, row, else: .max), row: Int32(row))
    }
    // Such a row is never valid.
    rows.removeAll { $0.from >= $0.to }
    rows.sort { (ids[Int($0.row)], $0.from, $0.row) < (ids[Int($1.row)], $1.from, $1.row) }
    var starts = [Int32](repeating: 0, count: keys.count + 1)
    for row in rows { starts[Int(ids[Int(row.row)]) + 1] += 1 }
    for id in 1..<starts.count { starts[id] += starts[id - 1] }
    for (earlier, later) in zip(rows, rows.dropFirst())
    where ids[Int(earlier.row)] == ids[Int(later.row)] && later.from < earlier.to {
      throw .overlap(keyText(Int(later.row)), at: later.from)
    }
    return ReferencePeriods(starts: starts, periods: rows)
  }

  // MARK: Values

  /// Only the bounds of a validity may be infinite: nothing else of the engine knows such times.
  private func isInfinite(_ index: Int) -> Bool {
    guard [.timestamptz, .timestamp, .date].contains(columns[index].type), index != reference.validity?.from,
      index != reference.validity?.to
    else { return false }
    return columns[index].integers[count] == .min || columns[index].integers[count] == .max
  }

  private func read(_ text: UnsafeBufferPointer<UInt8>, into column: Column) -> Bool {
    switch column.type.physical {
    case .boolean: column.booleans[count] = text.first == UInt8(ascii: "t") ? 1 : 0
    case .integer:
      guard let value = Int64(String(decoding: text, as: UTF8.self)) else { return false }
      column.integers[count] = value
    case .decimal:
      guard let value = Int128(String(decoding: text, as: UTF8.self)) else { return false }
      column.decimals[count] = value
    case .double:
      do throws(TextInputError) {
        column.doubles[count] = try TextInput.double(text)
      } catch {
        return false
      }
    case .text: column.texts[count] = arena.append(text)
    }
    return true
  }

  private func grow() {
    let larger = 2 * capacity
    columns = columns.map { column in
      let grown = Column(type: column.type, isNullable: true, capacity: larger)
      grown.update(from: column, count: count)
      column.deallocate()
      return grown
    }
    capacity = larger
  }

  /// The key of a row, for a person.
  private func keyText(_ row: Int) -> String {
    let values = reference.key.map { index in
      let column = columns[index]
      switch column.type {
      case .boolean: return column.booleans[row] == 1 ? "true" : "false"
      case .date: return DateTimeText.date(days: column.integers[row])
      case .time: return DateTimeText.time(microseconds: column.integers[row])
      case .timestamp, .timestamptz: return DateTimeText.timestamp(microseconds: column.integers[row])
      case .integer, .bigint: return String(column.integers[row])
      default: return String(column.texts[row].description.prefix(100))
      }
    }
    return "(\(values.joined(separator: ", ")))"
  }
}

extension Column {
  /// Makes the row a NULL.
  fileprivate func clear(_ row: Int) {
    validity[row] = 0
    if type.physical == .text { texts[row] = .empty }
  }

  fileprivate func update(from other: Column, count: Int) {
    validity.update(from: other.validity, count: count)
    switch type.physical {
    case .boolean: booleans.update(from: other.booleans, count: count)
    case .integer: integers.update(from: other.integers, count: count)
    case .decimal: decimals.update(from: other.decimals, count: count)
    case .double: doubles.update(from: other.doubles, count: count)
    case .text: texts.update(from: other.texts, count: count)
    }
  }
}
