import Avro
import Events
import Plan
import TextFormats

/// Columns that an Avro stream declares otherwise than its schema has them: they are decoded as what the schema says, into
/// columns beside the batch's, and converted column by column.
///
/// For one thread at a time.
final class DeclaredFields {
  struct Field {
    /// In the batch.
    let index: Int
    let declared: DeclaredColumn
    /// As the schema has it.
    let raw: ColumnSpec
    /// What the schema says that numbers in an array count.
    var elementUnit: DeclaredColumn.EpochUnit?
  }

  private let fields: [Field]
  /// What reads those that are declared as arrays.
  private let arrays: [JSONArrayDecoder?]
  /// The batch's columns, and one for each field behind them.
  private let columns: UnsafeMutableBufferPointer<Column>
  private let batchColumns: Int
  /// Rows that the fields' own columns have room for.
  private var capacity = 0

  /// - Parameter batchColumns: how many columns the batches have.
  init(_ fields: [Field], batchColumns: Int) {
    self.fields = fields
    arrays = fields.map { JSONArrayDecoder($0.declared, unit: $0.elementUnit, isAvro: true) }
    self.batchColumns = batchColumns
    columns = .allocate(capacity: batchColumns + fields.count)
    for (position, field) in fields.enumerated() {
      columns.initializeElement(
        at: batchColumns + position,
        to: Column(type: field.raw.type, isNullable: field.raw.isNullable, capacity: 0))
    }
  }

  deinit {
    for position in fields.indices { columns[batchColumns + position].deallocate() }
    columns.deallocate()
  }

  /// What the decoder is to write of each field.
  static func columns(of fields: [Field], batchColumns: Int) -> [(index: Int, spec: ColumnSpec)] {
    fields.enumerated().map { (index: batchColumns + $0, spec: $1.raw) }
  }

  func decode(
    with decoder: AvroDecoder, _ all: UnsafeMutableBufferPointer<Record>, _ slice: Range<Int>, into batch: EventBatch
  ) {
    reserve(batch.capacity)
    for index in 0..<batchColumns { columns.initializeElement(at: index, to: batch.columns[index]) }
    decoder.decode(all, slice, into: batch, UnsafeBufferPointer(columns))
    for (position, field) in fields.enumerated() {
      FieldConversion(
        field: field, raw: columns[batchColumns + position], batch: batch, array: arrays[position]
      ).run()
    }
  }

  private func reserve(_ rows: Int) {
    guard rows > capacity else { return }
    capacity = rows
    for (position, field) in fields.enumerated() {
      columns[batchColumns + position].deallocate()
      columns[batchColumns + position] = Column(
        type: field.raw.type, isNullable: field.raw.isNullable, capacity: rows)
    }
  }
}

/// Converts one column of a batch.
private struct FieldConversion {
  let field: DeclaredFields.Field
  let raw: Column
  let batch: EventBatch
  let array: JSONArrayDecoder?

  func run() {
    let declared = field.declared
    let target = batch.columns[field.index]
    if let array {
      return each { row throws(ValueFault) in
        target.texts[row] = try array.read(raw.texts[row], into: &batch.arena)
      }
    }
    switch raw.type {
    case .integer, .bigint:
      guard let unit = declared.unit else { return copy() }
      each { row throws(ValueFault) in
        target.integers[row] = try ValueText.epoch(raw.integers[row], unit: unit, type: declared.type)
      }
    case .text: runText(declared, target)
    default: copy()
    }
  }

  /// Reads texts as CSV's fields are read.
  private func runText(_ declared: DeclaredColumn, _ target: Column) {
    if let unit = declared.unit {
      return each { row throws(ValueFault) in
        target.integers[row] = try ValueText.epoch(raw.texts[row].bytes, unit: unit, type: declared.type)
      }
    }
    switch declared.type {
    case .text:
      let maximumCharacters = declared.maximumCharacters ?? .max
      each { row throws(ValueFault) in
        let text = raw.texts[row]
        // Only what is counted must be text here; else that is asked where it is stored.
        guard text.count <= maximumCharacters || isStorableText(text) else {
          throw ValueFault(.invalidUTF8, "the text is not UTF-8, or holds a zero byte")
        }
        target.texts[row] = try ValueText.fitted(text, maximumCharacters: maximumCharacters)
      }
    case .boolean:
      each { row throws(ValueFault) in target.booleans[row] = try ValueText.boolean(raw.texts[row].bytes) ? 1 : 0 }
    case .integer, .bigint:
      let is32Bit = declared.type == .integer
      each { row throws(ValueFault) in
        target.integers[row] = try ValueText.integer(raw.texts[row].bytes, is32Bit: is32Bit)
      }
    case .numeric(let scale):
      let precision = declared.precision ?? 38
      each { row throws(ValueFault) in
        target.decimals[row] = try ValueText.decimal(raw.texts[row].bytes, precision: precision, scale: scale)
      }
    case .doublePrecision:
      each { row throws(ValueFault) in target.doubles[row] = try ValueText.double(raw.texts[row].bytes) }
    case .timestamptz:
      each { row throws(ValueFault) in target.integers[row] = try ValueText.timestamptz(raw.texts[row].bytes) }
    case .timestamp:
      each { row throws(ValueFault) in target.integers[row] = try ValueText.timestamp(raw.texts[row].bytes) }
    case .date: each { row throws(ValueFault) in target.integers[row] = try ValueText.date(raw.texts[row].bytes) }
    case .time: each { row throws(ValueFault) in target.integers[row] = try ValueText.time(raw.texts[row].bytes) }
    case .uuid:
      each { row throws(ValueFault) in
        target.texts[row] = try ValueText.uuid(raw.texts[row].bytes, arena: &batch.arena)
      }
    case .interval, .jsonb, .bytea, .bits, .array:
      // No definition declares it; should one ever, its events are put aside instead of being counted wrongly.
      each { _ throws(ValueFault) in throw ValueFault(.unresolvable, "a text is not read as \(declared.type.sqlName)") }
    }
  }

  /// Of one type on both sides: only what is there at all is another.
  private func copy() {
    let target = batch.columns[field.index]
    each { row throws(ValueFault) in
      switch raw.type.physical {
      case .boolean: target.booleans[row] = raw.booleans[row]
      case .integer: target.integers[row] = raw.integers[row]
      case .decimal: target.decimals[row] = raw.decimals[row]
      case .double: target.doubles[row] = raw.doubles[row]
      case .text: target.texts[row] = raw.texts[row]
      }
    }
  }

  /// Runs `convert` for each row that has a value, and sets the column's validity.
  @inline(__always)
  private func each(_ convert: (_ row: Int) throws(ValueFault) -> Void) {
    let target = batch.columns[field.index]
    for row in 0..<batch.count where batch.live[row] == 1 {
      do throws(ValueFault) {
        if raw.isNullable, raw.validity[row] == 0 {
          guard target.isNullable else {
            throw ValueFault(.missingValue, "the field is null, and the column is declared NOT NULL")
          }
          target.validity[row] = 0
          if target.type.physical == .text { target.texts[row] = .empty }
        } else {
          target.validity[row] = 1
          try convert(row)
        }
      } catch {
        batch.fail(row, error.code, "\(field.declared.name): \(error.message)")
      }
    }
  }
}
