import Events
import Plan

extension CSVRecordDecoder {
  /// Reads one column's values in the rows of a block that have not failed.
  ///
  /// - Parameter json: checks documents; there is one when a column is to hold them.
  func convert(_ place: Int, _ rows: Range<Int>, _ batch: EventBatch, _ json: inout JSONReader?) {
    let target = targets[place]
    let (declared, column) = (target.column, batch.columns[target.index])
    if let unit = declared.unit {
      return each(place, rows, batch) { text, row throws(ValueFault) in
        column.integers[row] = try ValueText.epoch(text.bytes, unit: unit, type: declared.type)
      }
    }
    switch declared.type {
    case .boolean:
      each(place, rows, batch) { text, row throws(ValueFault) in
        column.booleans[row] = try ValueText.boolean(text.bytes) ? 1 : 0
      }
    case .integer, .bigint:
      let is32Bit = declared.type == .integer
      each(place, rows, batch) { text, row throws(ValueFault) in
        column.integers[row] = try ValueText.integer(text.bytes, is32Bit: is32Bit)
      }
    case .numeric(let scale):
      let precision = declared.precision ?? ValueText.maximumPrecision
      each(place, rows, batch) { text, row throws(ValueFault) in
        column.decimals[row] = try ValueText.decimal(text.bytes, precision: precision, scale: scale)
      }
    case .doublePrecision:
      each(place, rows, batch) { text, row throws(ValueFault) in
        column.doubles[row] = try ValueText.double(text.bytes)
      }
    case .text:
      let maximumCharacters = declared.maximumCharacters ?? .max
      each(place, rows, batch) { text, row throws(ValueFault) in
        guard isStorableText(text) else { throw ValueText.unstorable(text) }
        column.texts[row] = try ValueText.fitted(text, maximumCharacters: maximumCharacters)
      }
    case .timestamptz:
      each(place, rows, batch) { text, row throws(ValueFault) in
        column.integers[row] = try ValueText.timestamptz(text.bytes)
      }
    case .timestamp:
      each(place, rows, batch) { text, row throws(ValueFault) in
        column.integers[row] = try ValueText.timestamp(text.bytes)
      }
    case .date:
      each(place, rows, batch) { text, row throws(ValueFault) in
        column.integers[row] = try ValueText.date(text.bytes)
      }
    case .time:
      each(place, rows, batch) { text, row throws(ValueFault) in
        column.integers[row] = try ValueText.time(text.bytes)
      }
    case .uuid:
      each(place, rows, batch) { text, row throws(ValueFault) in
        column.texts[row] = try ValueText.uuid(text.bytes, arena: &batch.arena)
      }
    case .jsonb:
      each(place, rows, batch) { text, row throws(ValueFault) in
        do throws(JSONFailure) {
          try json?.checkDocument(text)
        } catch {
          throw ValueFault(error.code == .malformed ? .invalidText : error.code, error.message)
        }
        column.texts[row] = text
      }
    case .bytea, .bits, .bigints, .array:
      // No definition declares it; should one ever, its events are put aside instead of being counted wrongly.
      each(place, rows, batch) { _, _ throws(ValueFault) in
        throw ValueFault(.unresolvable, "no \(declared.type.sqlName) is read from CSV")
      }
    }
  }

  /// Runs `read` for each field that has a value, and sets the column's validity.
  @inline(__always)
  private func each(
    _ place: Int, _ rows: Range<Int>, _ batch: EventBatch,
    _ read: (_ text: TextView, _ row: Int) throws(ValueFault) -> Void
  ) {
    let column = batch.columns[targets[place].index]
    let (validity, live) = (column.validity, batch.live)
    let fields = fields + place * Self.capacity
    for row in rows where live[row] == 1 {
      let field = fields[row - rows.lowerBound]
      if isNull(field) {
        setNull(place, row, column, batch)
        continue
      }
      validity[row] = 1
      do throws(ValueFault) {
        try read(field.text(&batch.arena), row)
      } catch {
        fail(place, row, error, batch)
      }
    }
  }

  @inline(__always)
  private func isNull(_ field: CSVField) -> Bool {
    guard field.form == .bare, Int(field.count) == null.count else { return false }
    for index in 0..<null.count where field.start[index] != null.start[index] { return false }
    return true
  }

  private func setNull(_ place: Int, _ row: Int, _ column: Column, _ batch: EventBatch) {
    guard column.isNullable else {
      let fault = ValueFault(.missingValue, "the field is NULL, and the column is declared NOT NULL")
      return fail(place, row, fault, batch)
    }
    column.validity[row] = 0
    // The old view may point to memory that is gone.
    if column.type.physical == .text { column.texts[row] = .empty }
  }

  @inline(never)
  private func fail(_ place: Int, _ row: Int, _ fault: ValueFault, _ batch: EventBatch) {
    batch.fail(row, fault.code, "\(targets[place].column.name): \(fault.message)")
  }
}
