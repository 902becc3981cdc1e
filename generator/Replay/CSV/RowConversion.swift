import Events
import JSON
import Plan
import Synthesis
import TextFormats

/// Turns the fields of records into the values of rows. To be used on one thread.
public struct RowConversion: ~Copyable {
  private let columns: [FileColumn]
  private let null: [UInt8]
  /// What is made of values; those of the last row.
  private var arena = TextArena()
  /// A `jsonb` of the last row is no JSON document: the text that stands for it would be one.
  public private(set) var hasBadDocument = false

  /// - Parameter null: an unquoted field of these characters has no value.
  public init(columns: [FileColumn], null: String) {
    self.columns = columns
    self.null = Array(null.utf8)
  }

  /// Writes the fields, as many as there are columns, into the row: valid until the next call and as long as the fields. A
  /// value that is none of its column stays a text.
  ///
  /// - Returns: why the first such value is none; nil when all are right.
  public mutating func convert(_ fields: [CSVField], into row: EventRow) -> String? {
    arena.reset()
    hasBadDocument = false
    var fault: String?
    for (index, column) in columns.enumerated() {
      let field = fields[index]
      if !field.isQuoted, field.text.bytes.elementsEqual(null) {
        row[index] = .null
        if column.declaration?.isNullable == false, fault == nil {
          fault = "\(column.name): no value where NOT NULL is declared"
        }
        continue
      }
      do throws(ValueFault) {
        row[index] = try value(field.text, column)
      } catch {
        row[index] = .text(field.text)
        if column.declaration?.type == .jsonb { hasBadDocument = true }
        fault = fault ?? "\(column.name): \(error.message)"
      }
    }
    return fault
  }

  /// Replaces the event time of the last row by a later one. False when it is written in a way that cannot be shifted.
  public mutating func shift(
    _ column: Int, bySeconds seconds: Int64, unit: DeclaredColumn.EpochUnit?, in row: EventRow
  ) -> Bool {
    switch row[column] {
    case .text(let text):
      guard let later = EventTimeText.shifted(text, bySeconds: seconds, unit: unit, arena: &arena) else { return false }
      row[column] = .text(later)
    case .json(let text):
      guard let later = EventTimeText.shifted(text, bySeconds: seconds, unit: unit, arena: &arena) else { return false }
      row[column] = .json(later)
    default: return false
    }
    return true
  }

  private mutating func value(_ text: TextView, _ column: FileColumn) throws(ValueFault) -> FieldValue {
    if case .declared(let declared) = column.values { return try value(text, declared) }
    guard isStorableText(text) else {
      throw ValueFault(.invalidUTF8, "the text is not UTF-8, or has a zero byte in it")
    }
    if case .guessed = column.values, JSONNumeral.isJSON(text.bytes) { return .json(text) }
    return .text(text)
  }

  private mutating func value(_ text: TextView, _ declared: DeclaredColumn) throws(ValueFault) -> FieldValue {
    if let unit = declared.unit, declared.type.element == nil {
      _ = try ValueText.epoch(text.bytes, unit: unit, type: declared.type)
      return number(text)
    }
    switch declared.type {
    case .boolean: return .json(TextView(try ValueText.boolean(text.bytes) ? "true" : "false"))
    case .integer, .bigint:
      return .integer(try ValueText.integer(text.bytes, is32Bit: declared.type == .integer))
    case .numeric(let scale):
      _ = try ValueText.decimal(text.bytes, precision: declared.precision ?? Self.mostDigits, scale: scale)
      return number(text)
    case .doublePrecision:
      _ = try ValueText.double(text.bytes)
      return number(text)
    case .timestamptz: _ = try ValueText.timestamptz(text.bytes)
    case .timestamp: _ = try ValueText.timestamp(text.bytes)
    case .date: _ = try ValueText.date(text.bytes)
    case .time: _ = try ValueText.time(text.bytes)
    case .uuid: _ = try ValueText.uuid(text.bytes, arena: &arena)
    case .text, .interval, .bytea, .bits:
      guard isStorableText(text) else {
        throw ValueFault(.invalidUTF8, "the text is not UTF-8, or has a zero byte in it")
      }
      if let most = declared.maximumCharacters { _ = try ValueText.fitted(text, maximumCharacters: most) }
    case .jsonb, .array:
      try checkJSON(text, depth: declared.path.count)
      return .json(text)
    }
    return .text(text)
  }

  /// - Parameter depth: of the object that the document becomes a part of.
  private func checkJSON(_ text: TextView, depth: Int) throws(ValueFault) {
    // A byte order mark, which the parser would pass over in front, is no part of a document.
    guard text.bytes.first != 0xef else { throw ValueFault(.invalidText, "the text is no JSON document") }
    var nested = [UInt8](repeating: UInt8(ascii: "["), count: depth)
    nested += text.bytes
    nested += repeatElement(UInt8(ascii: "]"), count: depth)
    do throws(JSONError) {
      _ = try JSONValue(parsing: text.bytes)
      // Not too deep there.
      _ = try JSONValue(parsing: nested)
    } catch {
      throw ValueFault(.invalidText, "the text is no JSON document (\(error.message))")
    }
  }

  /// Of a numeric without modifiers.
  private static let mostDigits = 38

  private mutating func number(_ text: TextView) -> FieldValue {
    .json(JSONNumeral.isJSON(text.bytes) ? text : JSONNumeral.canonical(text, arena: &arena))
  }
}
