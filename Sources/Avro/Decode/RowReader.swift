import Events

/// Why one record cannot be decoded.
struct RowFailure: Error {
  var code: EventErrorCode
  var message: String
}

/// Interprets a plan for one record at a time. Complete, and the only place that reports failures: `ColumnLoops` handle
/// the common case of the common instructions and leave everything else to it.
struct RowReader: ~Copyable {
  /// Records in unions in arrays and so on: nodes inside one another. Guards the stack against recursive schemas.
  static let maximumDepth = 512
  /// Items of no bytes in one record: they cost time and memory that their encoding does not pay for.
  static let maximumEmptyItems = 1024
  /// Bytes of JSON made from one value.
  static let maximumJSONCount = 16 << 20

  let batch: EventBatch
  let columns: UnsafePointer<Column>
  /// Set before a record is read, and while it is.
  var plan: DecodePlan
  var start: UnsafePointer<UInt8>
  var cursor: UnsafePointer<UInt8>
  var end: UnsafePointer<UInt8>
  /// Whether the payload has no header though it may have one: then a failure may mean an unknown schema.
  var mayBeFramed = false
  /// The stream's, for messages.
  var framing = Framing.auto
  /// Ids that have no schema, and why; for messages.
  var refused: [UInt32: RowFailure] = [:]
  /// The field being read, for messages.
  var field = 0
  var depth = 0
  var emptyItems = 0
  var json: [UInt8] = []

  init(batch: EventBatch, columns: UnsafePointer<Column>, plan: DecodePlan) {
    self.batch = batch
    self.columns = columns
    self.plan = plan
    start = TextView.empty.start
    cursor = start
    end = start
  }

  mutating func run(_ node: Int, row: Int) throws(RowFailure) {
    switch plan.instructions[node] {
    case .skip(let bytes): try advance(bytes)
    case .skipVarint: _ = try readLong()
    case .skipText: try advance(try readLength())
    case .skipItems(let node, let minimumSize): try skipItems(node, minimumSize: minimumSize, row: row)
    case .boolean(let column): columns[column].booleans[row] = try readBoolean()
    case .int32(let column): columns[column].integers[row] = try readInt()
    case .int64(let column): columns[column].integers[row] = try readLong()
    case .milliseconds(let column):
      let value = try readLong()
      let (product, overflow) = value.multipliedReportingOverflow(by: 1000)
      if overflow { throw failure(.timeOutOfRange, "\(value) milliseconds are beyond the range of a timestamp") }
      columns[column].integers[row] = product
    case .ranged(let column, let kind, let isInt32, let factor):
      let value = isInt32 ? try readInt() : try readLong()
      let (product, overflow) = value.multipliedReportingOverflow(by: factor)
      guard !overflow, kind.bounds.contains(product) else {
        throw failure(.timeOutOfRange, "\(value) is no valid \(kind)")
      }
      columns[column].integers[row] = product
    case .integerToDouble(let column, let isInt32, let toFloat):
      columns[column].doubles[row] = try readPromoted(isInt32: isInt32, toFloat: toFloat)
    case .float(let column): columns[column].doubles[row] = Double(try readFloat())
    case .double(let column): columns[column].doubles[row] = try readDouble()
    case .text(let column): columns[column].texts[row] = try readView(try readLength())
    case .fixed(let column, let size): columns[column].texts[row] = try readView(size)
    case .uuidText(let column): columns[column].texts[row] = try readUUID()
    case .uuidBytes(let column):
      let text = UUIDText.text(of: try readView(16).bytes)
      columns[column].texts[row] = text.withUnsafeBufferPointer { batch.arena.append($0) }
    case .symbol(let column, let table, let count):
      columns[column].texts[row] = try readSymbol(table: table, count: count)
    case .decimal(let column, let precision, let size):
      columns[column].decimals[row] = try readDecimal(precision: precision, size: size)
    case .duration(let column):
      columns[column].texts[row] = batch.arena.append(durationText(try readView(12).bytes))
    case .json(let column, let node):
      json.removeAll(keepingCapacity: true)
      try appendJSON(node, row: row)
      columns[column].texts[row] = json.withUnsafeBufferPointer { batch.arena.append($0) }
    case .null(let column): setNull(column, row: row)
    case .valid(let column): columns[column].validity[row] = 1
    case .constant(let column, let value): set(value, column: column, row: row)
    case .unresolvable(let reason): throw RowFailure(code: .unresolvable, message: plan.reasons[reason])
    case .sequence(let first, let count):
      try enter()
      for index in first..<first + count {
        let step = plan.steps[index]
        if step.field >= 0 { field = step.field }
        try run(step.node, row: row)
      }
      depth -= 1
    case .union(let first, let count):
      let branch = try readBranch(count)
      try enter()
      try run(plan.steps[first + branch].node, row: row)
      depth -= 1
    case .nullable(let column, let nullTag, let node):
      if try readBranch(2) == Int(nullTag >> 1) {
        setNull(column, row: row)
      } else {
        columns[column].validity[row] = 1
        try run(node, row: row)
      }
    case .skipNullableText(let nullTag):
      if try readBranch(2) != Int(nullTag >> 1) { try advance(try readLength()) }
    case .peek(let node):
      let mark = cursor
      try run(node, row: row)
      cursor = mark
    }
  }

  mutating func enter() throws(RowFailure) {
    depth += 1
    guard depth <= Self.maximumDepth else {
      throw failure(.malformed, "values are nested more than \(Self.maximumDepth) levels deep")
    }
  }

  private func setNull(_ column: Int, row: Int) {
    columns[column].validity[row] = 0
    // The old view may point to memory that is gone.
    if columns[column].type.physical == .text { columns[column].texts[row] = .empty }
  }

  private func set(_ value: Constant, column: Int, row: Int) {
    switch value {
    case .boolean(let value): columns[column].booleans[row] = value
    case .integer(let value): columns[column].integers[row] = value
    case .decimal(let value): columns[column].decimals[row] = value
    case .double(let value): columns[column].doubles[row] = value
    case .text(let index): columns[column].texts[row] = plan.texts[index]
    }
  }

  private mutating func skipItems(_ node: Int, minimumSize: Int, row: Int) throws(RowFailure) {
    try enter()
    while let block = try readBlock(minimumSize: minimumSize) {
      // A block that tells its size is passed over as a whole.
      if let size = block.size {
        try advance(size)
      } else if minimumSize > 0 {
        for _ in 0..<block.count { try run(node, row: row) }
      }
    }
    depth -= 1
  }

  /// The next block of an array or a map; nil at its end.
  mutating func readBlock(minimumSize: Int) throws(RowFailure) -> (count: Int, size: Int?)? {
    var count = try readLong()
    guard count != 0 else { return nil }
    var size: Int?
    if count < 0 {
      count = 0 - max(count, -Int64.max)
      size = try readLength()
    }
    guard count <= Int64(Int32.max) else { throw failure(.malformed, "a block of \(count) items fits in no message") }
    if minimumSize == 0 {
      emptyItems += Int(count)
      guard emptyItems <= Self.maximumEmptyItems else {
        throw failure(.malformed, "more than \(Self.maximumEmptyItems) items of no bytes")
      }
    } else if Int(count) > (end - cursor) / minimumSize {
      throw truncated(needing: Int(count) * minimumSize)
    }
    return (Int(count), size)
  }

  // MARK: - Failures

  /// Takes the row out of the batch, and gives its texts an address that stays valid.
  ///
  /// - Parameter whole: the payload, where it is not the one being read.
  mutating func fail(_ row: Int, _ failure: RowFailure, payload whole: UnsafeBufferPointer<UInt8>? = nil) {
    let payload = whole ?? UnsafeBufferPointer(start: start, count: end - start)
    var failure = failure
    if mayBeFramed, let suspicion = FrameHeader.suspicion(of: payload, refused: refused) {
      failure = RowFailure(
        code: .unknownSchema, message: "\(suspicion), and bare it cannot be read either: \(failure.message)")
    }
    if ![.tombstone, .empty, .unresolvable].contains(failure.code),
      let look = PayloadLook.description(of: payload, framing: framing)
    {
      failure.message += "; \(look)"
    }
    batch.fail(row, failure.code, failure.message)
    for column in 0..<batch.specs.count where columns[column].type.physical == .text {
      columns[column].texts[row] = .empty
    }
  }

  func failure(_ code: EventErrorCode, _ message: String) -> RowFailure {
    let path = plan.fields[field]
    return RowFailure(code: code, message: "\(path.isEmpty ? "" : "\(path): ")\(message) (at byte \(cursor - start))")
  }

  func truncated(needing count: Int) -> RowFailure {
    let path = plan.fields[field]
    let needed = cursor - start + count
    return RowFailure(
      code: .truncated,
      message: "\(path.isEmpty ? "" : "\(path): ")the payload ends after \(end - start) of \(needed) bytes needed")
  }
}
