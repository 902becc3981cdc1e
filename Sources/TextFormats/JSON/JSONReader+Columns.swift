import Events
import Plan

/// The columns of a node get its value, or refuse it.
extension JSONReader {
  /// Gives NULL to the columns at the node and below, which all take it.
  func writeNulls(_ node: Int, _ row: Int) {
    for column in tree.nodes[node].all { setNull(columns[tree.columns[column].index], row) }
  }

  mutating func writeNull(_ node: Int) {
    for column in tree.nodes[node].own {
      meet(column)
      let target = tree.columns[column]
      if target.isNullable {
        setNull(columns[target.index], row)
      } else {
        refuse(column, .missingValue, "the member is null, and the column is declared NOT NULL")
      }
    }
  }

  mutating func write(_ node: Int, boolean value: Bool, _ text: TextView) {
    for column in tree.nodes[node].own {
      let (target, values) = take(column)
      switch target.type {
      case .boolean: values.booleans[row] = value ? 1 : 0
      case .jsonb: values.texts[row] = text
      default: refuse(column, .wrongType, "a boolean where \(target.wanted) is declared")
      }
    }
  }

  /// An array or an object, as it stands in the document.
  mutating func write(_ node: Int, container text: TextView, _ kind: JSONKind, hasZero: Bool, hasWideNumber: Bool) {
    for column in tree.nodes[node].own {
      let (target, values) = take(column)
      if target.type == .jsonb {
        writeDocument(column, values, text, hasZero: hasZero, hasWideNumber: hasWideNumber)
      } else {
        refuse(column, .wrongType, "\(kind.name) where \(target.wanted) is declared")
      }
    }
  }

  mutating func write(_ node: Int, number: JSONNumber) {
    for column in tree.nodes[node].own {
      let (target, values) = take(column)
      do throws(ValueFault) {
        if let unit = target.unit, target.isNumeric {
          values.integers[row] = try ValueText.epoch(number.text.bytes, unit: unit, type: target.type)
          continue
        }
        switch target.type {
        case .integer, .bigint: values.integers[row] = try integer(number, target)
        case .doublePrecision: values.doubles[row] = try double(number)
        case .numeric:
          values.decimals[row] = try ValueText.decimal(
            number.text.bytes, precision: target.precision, scale: target.scale)
        case .jsonb: writeDocument(column, values, number.text, hasZero: false, hasWideNumber: !number.isNumeric)
        case .timestamptz, .timestamp, .date, .time:
          throw ValueFault(
            .wrongType,
            "a number where \(target.wanted) is declared; write OPTIONS (unit 'milliseconds') to take numbers")
        default: throw ValueFault(.wrongType, "a number where \(target.wanted) is declared")
        }
      } catch {
        refuse(column, error.code, error.message)
      }
    }
  }

  private func integer(_ number: JSONNumber, _ target: JSONColumn) throws(ValueFault) -> Int64 {
    do throws(JSONNumber.Misfit) {
      let value = try number.integer
      guard target.type == .bigint || Int32(exactly: value) != nil else { throw .outOfRange }
      return value
    } catch {
      switch error {
      case .hasFraction: throw ValueFault(.wrongType, "a number with a fraction where \(target.wanted) is declared")
      case .outOfRange:
        throw ValueFault(.outOfRange, "\(excerpt(number)) is out of range for \(target.type.sqlName)")
      }
    }
  }

  private func double(_ number: JSONNumber) throws(ValueFault) -> Double {
    do throws(JSONNumber.Misfit) {
      return try number.double
    } catch {
      throw ValueFault(.outOfRange, "\(excerpt(number)) is out of range for double precision")
    }
  }

  private func excerpt(_ number: JSONNumber) -> String { quoted(number.text.bytes) }

  mutating func write(_ node: Int, text: JSONText) {
    for column in tree.nodes[node].own {
      let (target, values) = take(column)
      do throws(ValueFault) {
        try write(text, column, target, values)
      } catch {
        refuse(column, error.code, error.message)
      }
    }
  }

  private mutating func write(
    _ text: JSONText, _ column: Int, _ target: JSONColumn, _ values: Column
  ) throws(ValueFault) {
    if target.type == .jsonb {
      let quoted = TextView(start: text.raw.start - 1, count: text.raw.count + 2)
      return writeDocument(column, values, quoted, hasZero: text.hasZero, hasWideNumber: false)
    }
    guard !target.isNumeric && target.type != .boolean || target.isCoerced else {
      throw ValueFault(.wrongType, "a text where \(target.wanted) is declared")
    }
    let value = characters(of: text)
    let bytes = value.bytes
    if let unit = target.unit, target.isNumeric {
      values.integers[row] = try ValueText.epoch(bytes, unit: unit, type: target.type)
      return
    }
    switch target.type {
    case .boolean: values.booleans[row] = try ValueText.boolean(bytes) ? 1 : 0
    case .integer, .bigint: values.integers[row] = try ValueText.integer(bytes, is32Bit: target.type == .integer)
    case .numeric:
      values.decimals[row] = try ValueText.decimal(bytes, precision: target.precision, scale: target.scale)
    case .doublePrecision: values.doubles[row] = try ValueText.double(bytes)
    case .text:
      if text.hasZero { throw ValueFault(.invalidUTF8, "the text holds U+0000, which Postgres cannot store") }
      values.texts[row] = try ValueText.fitted(value, maximumCharacters: target.maximumCharacters)
    case .timestamptz: values.integers[row] = try ValueText.timestamptz(bytes)
    case .timestamp: values.integers[row] = try ValueText.timestamp(bytes)
    case .date: values.integers[row] = try ValueText.date(bytes)
    case .time: values.integers[row] = try ValueText.time(bytes)
    case .uuid: values.texts[row] = try ValueText.uuid(bytes, arena: &batch.arena)
    // The definition's reader lets no such column through.
    case .interval, .bytea, .jsonb, .bits, .array:
      throw ValueFault(.wrongType, "a text where \(target.wanted) is declared")
    }
  }

  /// The document's own text, as long as Postgres could make `jsonb` of it.
  private mutating func writeDocument(
    _ column: Int, _ values: Column, _ text: TextView, hasZero: Bool, hasWideNumber: Bool
  ) {
    if let fault = JSONReader.fault(hasZero: hasZero, hasWideNumber: hasWideNumber) {
      refuse(column, fault.code, fault.message)
    } else {
      values.texts[row] = text
    }
  }

  /// Why Postgres could not make `jsonb` of a document.
  @inline(__always)
  static func fault(hasZero: Bool, hasWideNumber: Bool) -> ValueFault? {
    if hasZero { return ValueFault(.untranslatable, "the value holds U+0000, which jsonb cannot hold") }
    guard hasWideNumber else { return nil }
    return ValueFault(.outOfRange, "a number in the value is out of the range of numeric, which jsonb has")
  }

  /// The column is about to get a value.
  private mutating func take(_ column: Int) -> (JSONColumn, Column) {
    meet(column)
    let target = tree.columns[column]
    let values = columns[target.index]
    if target.isNullable { values.validity[row] = 1 }
    return (target, values)
  }
}

/// The old view may point to memory that is gone.
@inline(__always)
func setNull(_ column: Column, _ row: Int) {
  column.validity[row] = 0
  if column.type.physical == .text { column.texts[row] = .empty }
}
