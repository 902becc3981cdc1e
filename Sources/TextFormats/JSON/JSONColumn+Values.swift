import Events
import Plan

/// Scalars of documents as values of a declared type, for the row of a column that holds it.
extension JSONColumn {
  func write(boolean value: Bool, _ text: TextView, to values: Column, _ row: Int) throws(ValueFault) {
    switch type {
    case .boolean: values.booleans[row] = value ? 1 : 0
    case .jsonb: values.texts[row] = text
    default: throw ValueFault(.wrongType, "a boolean where \(wanted) is declared")
    }
  }

  func write(number: JSONNumber, to values: Column, _ row: Int) throws(ValueFault) {
    if let unit, isNumeric {
      values.integers[row] = try ValueText.epoch(number.text.bytes, unit: unit, type: type)
      return
    }
    switch type {
    case .integer, .bigint: values.integers[row] = try integer(number)
    case .doublePrecision: values.doubles[row] = try double(number)
    case .numeric:
      values.decimals[row] = try ValueText.decimal(number.text.bytes, precision: precision, scale: scale)
    case .jsonb: try write(document: number.text, hasWideNumber: !number.isNumeric, to: values, row)
    case .timestamptz, .timestamp, .date, .time:
      throw ValueFault(
        .wrongType, "a number where \(wanted) is declared; write OPTIONS (unit 'milliseconds') to take numbers")
    default: throw ValueFault(.wrongType, "a number where \(wanted) is declared")
    }
  }

  private func integer(_ number: JSONNumber) throws(ValueFault) -> Int64 {
    do throws(JSONNumber.Misfit) {
      let value = try number.integer
      guard type == .bigint || Int32(exactly: value) != nil else { throw .outOfRange }
      return value
    } catch {
      switch error {
      case .hasFraction: throw ValueFault(.wrongType, "a number with a fraction where \(wanted) is declared")
      case .outOfRange:
        throw ValueFault(.outOfRange, "\(quoted(number.text.bytes)) is out of range for \(type.sqlName)")
      }
    }
  }

  private func double(_ number: JSONNumber) throws(ValueFault) -> Double {
    do throws(JSONNumber.Misfit) {
      return try number.double
    } catch {
      throw ValueFault(.outOfRange, "\(quoted(number.text.bytes)) is out of range for double precision")
    }
  }

  func write(text: JSONText, to values: Column, _ row: Int, _ arena: inout TextArena) throws(ValueFault) {
    if type == .jsonb {
      let quoted = TextView(start: text.raw.start - 1, count: text.raw.count + 2)
      return try write(document: quoted, hasZero: text.hasZero, to: values, row)
    }
    guard !isNumeric && type != .boolean || isCoerced else {
      throw ValueFault(.wrongType, "a text where \(wanted) is declared")
    }
    let value = text.characters(&arena)
    let bytes = value.bytes
    if let unit, isNumeric {
      values.integers[row] = try ValueText.epoch(bytes, unit: unit, type: type)
      return
    }
    switch type {
    case .boolean: values.booleans[row] = try ValueText.boolean(bytes) ? 1 : 0
    case .integer, .bigint: values.integers[row] = try ValueText.integer(bytes, is32Bit: type == .integer)
    case .numeric: values.decimals[row] = try ValueText.decimal(bytes, precision: precision, scale: scale)
    case .doublePrecision: values.doubles[row] = try ValueText.double(bytes)
    case .text:
      if text.hasZero { throw ValueFault(.invalidUTF8, "the text holds U+0000, which Postgres cannot store") }
      values.texts[row] = try ValueText.fitted(value, maximumCharacters: maximumCharacters)
    case .timestamptz: values.integers[row] = try ValueText.timestamptz(bytes)
    case .timestamp: values.integers[row] = try ValueText.timestamp(bytes)
    case .date: values.integers[row] = try ValueText.date(bytes)
    case .time: values.integers[row] = try ValueText.time(bytes)
    case .uuid: values.texts[row] = try ValueText.uuid(bytes, arena: &arena)
    case .array: throw ValueFault(.wrongType, "a text where \(wanted) is declared")
    // The definition's reader lets no such column through.
    case .interval, .bytea, .jsonb, .bits: throw ValueFault(.wrongType, "a text where \(wanted) is declared")
    }
  }

  /// The document's own text, as long as Postgres could make `jsonb` of it.
  func write(
    document text: TextView, hasZero: Bool = false, hasWideNumber: Bool = false, to values: Column, _ row: Int
  ) throws(ValueFault) {
    if let fault = JSONReader.fault(hasZero: hasZero, hasWideNumber: hasWideNumber) { throw fault }
    values.texts[row] = text
  }
}

extension JSONText {
  /// The string's bytes: the document's own where it has no escapes, else a copy in the arena.
  @inline(__always)
  func characters(_ arena: inout TextArena) -> TextView {
    hasEscapes ? unescaped(&arena) : raw
  }
}
