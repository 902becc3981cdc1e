import Events
import JSON

/// Values that end in one column.
extension PlanCompiler {
  /// The instruction for a writer's type that matches the reader's, neither of them a union.
  mutating func leaf(_ w: Int, as r: Int, column: Int, field: Int) throws(AvroError) -> Instruction {
    let written = writer.types[w]
    let read = reader.types[r]
    // A column over a union of several types is JSON, whichever the branch.
    if specs[column]?.type == .jsonb { return .json(column: column, node: try json(w, as: r, field: field)) }
    try checkLogicalTypes(written, read, field: field)
    switch (written.shape, read.shape) {
    case (.int, .int), (.int, .long): return integer(written, read, isInt32: true, column: column)
    case (.long, .long): return integer(written, read, isInt32: false, column: column)
    case (.int, .float): return .integerToDouble(column: column, isInt32: true, toFloat: true)
    case (.int, .double): return .integerToDouble(column: column, isInt32: true, toFloat: false)
    case (.long, .float): return .integerToDouble(column: column, isInt32: false, toFloat: true)
    case (.long, .double): return .integerToDouble(column: column, isInt32: false, toFloat: false)
    case (.float, _): return .float(column: column)
    case (.double, _): return .double(column: column)
    case (.boolean, _): return .boolean(column: column)
    case (.enumeration(let symbols, _), .enumeration):
      return .symbol(column: column, table: symbolTable(symbols, r), count: symbols.count)
    case (.string, _), (.bytes, _):
      switch read.logical {
      case .decimal(let precision, _): return .decimal(column: column, precision: precision, size: nil)
      case .uuid: return .uuidText(column: column)
      default: return .text(column: column)
      }
    case (.fixed(let size), _):
      switch read.logical {
      case .decimal(let precision, _): return .decimal(column: column, precision: precision, size: size)
      case .uuid: return .uuidBytes(column: column)
      case .duration: return .duration(column: column)
      default: return .fixed(column: column, size: size)
      }
    default: throw unresolvable(field, resolution.mismatch(writer: w, reader: r))
    }
  }

  private func integer(_ written: AvroType, _ read: AvroType, isInt32: Bool, column: Int) -> Instruction {
    // The unit is what the writer says it wrote; the reader's only where the writer does not say.
    let isMillis = [.timeMillis, .timestampMillis, .localTimestampMillis].contains(written.logical ?? read.logical)
    let factor: Int64 = isMillis ? 1000 : 1
    switch read.logical {
    case .date: return .ranged(column: column, kind: .date, isInt32: isInt32, factor: 1)
    case .timeMillis, .timeMicros: return .ranged(column: column, kind: .time, isInt32: isInt32, factor: factor)
    case .timestampMillis, .localTimestampMillis, .timestampMicros, .localTimestampMicros:
      return isMillis ? .milliseconds(column: column) : .int64(column: column)
    default: return isInt32 ? .int32(column: column) : .int64(column: column)
    }
  }

  /// Refuses pairs whose numbers would silently mean something else. The specification says so for decimals only (and
  /// of their precision too, which is checked value by value here) and is silent on the others.
  private func checkLogicalTypes(_ written: AvroType, _ read: AvroType, field: Int) throws(AvroError) {
    guard let writerType = written.logical, let readerType = read.logical else { return }
    let isSame =
      switch (writerType, readerType) {
      case (.decimal(_, let written), .decimal(_, let read)): written == read
      case (.timeMillis, .timeMicros), (.timeMicros, .timeMillis): true
      case (.timestampMillis, .timestampMicros), (.timestampMicros, .timestampMillis): true
      case (.localTimestampMillis, .localTimestampMicros), (.localTimestampMicros, .localTimestampMillis): true
      default: writerType == readerType
      }
    guard isSame else {
      throw unresolvable(field, "the writer's \(written.summary) does not mean the same as \(read.summary)")
    }
  }

  /// The reader's texts for the writer's symbols.
  mutating func symbolTable(_ symbols: [String], _ r: Int) -> Int {
    guard case .enumeration(let known, let defaultSymbol) = reader.types[r].shape else { return texts.count }
    let table = texts.count
    enumerations[table] = EnumerationNames(name: reader.types[r].summary, symbols: symbols)
    for symbol in symbols {
      if let text = known.contains(symbol) ? symbol : defaultSymbol {
        texts.append(memory.append(Array(text.utf8)))
      } else {
        texts.append(DecodePlan.unresolvedSymbol)
      }
    }
    return table
  }

  /// Steps that give columns the default of a field that the writer does not have.
  mutating func defaults(
    _ value: JSONValue, type: Int, want: ColumnTree, field: Int
  ) throws(AvroError) -> [Step] {
    if case .union = reader.types[type].shape,
      let branch = DefaultValue.branch(of: value, types: reader.types, type: type)
    {
      return try defaults(value, type: branch, want: want, field: field)
    }
    var result: [Step] = []
    if reader.types[type].isNull {
      for column in want.allColumns { result.append(try step(.null(column: column), field)) }
      return result
    }
    for column in want.columns {
      if isNullable(column) { result.append(try step(.valid(column: column), field)) }
      let constant = try constant(value, reader.types[type], column: column, field: field)
      result.append(try step(.constant(column: column, value: constant), field))
    }
    if case .record(let list) = reader.types[type].shape {
      for inner in list {
        guard let wanted = want.fields[inner.name] else { continue }
        let path = path(field, inner.name)
        result += try defaults(value[inner.name] ?? .null, type: inner.type, want: wanted, field: path)
      }
    }
    return result
  }

  private mutating func constant(
    _ value: JSONValue, _ type: AvroType, column: Int, field: Int
  ) throws(AvroError) -> Constant {
    if specs[column]?.type == .jsonb { return .text(text(Array(value.text.utf8))) }
    switch (type.shape, value) {
    case (.boolean, .bool(let flag)): return .boolean(flag ? 1 : 0)
    case (.float, .number): return .double(Double(Float(value.doubleValue ?? 0)))
    case (.double, .number): return .double(value.doubleValue ?? 0)
    case (.int, .number), (.long, .number):
      let isMillis = [.timeMillis, .timestampMillis, .localTimestampMillis].contains(type.logical)
      let (product, overflow) = Int64(value.intValue ?? 0).multipliedReportingOverflow(by: isMillis ? 1000 : 1)
      guard !overflow else { throw unresolvable(field, "the default \(value.text) is out of range") }
      return .integer(product)
    case (.string, .string(let string)), (.enumeration, .string(let string)):
      guard type.logical == .uuid else { return .text(text(Array(string.utf8))) }
      guard let canonical = UUIDText.canonical(Array(string.utf8)) else {
        throw unresolvable(field, "the default is no uuid")
      }
      return .text(text(canonical))
    case (.bytes, .string(let string)), (.fixed, .string(let string)):
      return try binaryConstant(DefaultValue.bytes(string) ?? [], type, field: field)
    default: throw unresolvable(field, "the default does not fit the field's type")
    }
  }

  private mutating func binaryConstant(
    _ bytes: [UInt8], _ type: AvroType, field: Int
  ) throws(AvroError) -> Constant {
    switch type.logical {
    case .decimal(let precision, _):
      let unscaled = bytes.withUnsafeBufferPointer { unscaledDecimal($0) }
      guard let unscaled, fits(unscaled, precision: precision) else {
        throw unresolvable(field, "the default does not fit the decimal's precision")
      }
      return .decimal(unscaled)
    case .uuid: return .text(text(bytes.withUnsafeBufferPointer { UUIDText.text(of: $0) }))
    case .duration: return .text(text(Array(bytes.withUnsafeBufferPointer { durationText($0) }.utf8)))
    default: return .text(text(bytes))
    }
  }
}
