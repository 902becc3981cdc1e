import Events

@testable import PostgresOracle

/// A column of a random stream: what definitions call it, and how its values stand in a record.
struct StreamColumn {
  /// As expressions have it; `name` is the path as SQL writes it.
  var column: EventColumn
  /// As plans have it.
  var path: [String]
  var form: WireForm
  var isNullable: Bool
  /// Of values that are small, and of doubles that add without rounding: what is computed of several of them neither
  /// leaves the range of its type nor depends on an order.
  var isTame: Bool

  /// Where an Avro record has it.
  var fieldPath: [String] {
    if case .avro(.array(_, let path)) = form { path } else { path }
  }
}

/// How a value is written in a record of its stream. Another form is another case here, and where values are fitted and
/// written.
enum WireForm: Sendable {
  /// A member of a JSON document at these names, one in the other.
  case json(JSONForm, members: [String])
  /// A field of an Avro record.
  case avro(AvroForm)
  /// What the record has beside its payload.
  case metadata(Metadata)

  enum JSONForm: Sendable {
    case plain
    /// As `varchar(n)`.
    case bounded(characters: Int)
    /// A number of so many to the second, since 1970 or midnight.
    case units(name: String, perSecond: Int64)
  }

  indirect enum AvroForm: Sendable {
    case primitive(String)
    case logical(String, String)
    case decimal(precision: Int, scale: Int)
    case enumeration([String])
    case arrayOfLongs
    case mapOfTexts
    /// Declared as an array, under a name of its own or the field's; its elements may be null.
    case array(of: AvroForm, at: [String])
  }

  enum Metadata: Sendable {
    case partition, key
  }
}

extension WireForm {
  /// The nearest value that the form has; nil where that is NULL.
  func fitted(_ value: Datum, _ type: SQLType) -> Datum? {
    switch (self, value) {
    case (_, .array(let elements, let element)):
      .array(elements.map { $0.flatMap { self.element.fitted($0, element.type) } }, of: element)
    case (.json(.units(_, let perSecond), _), .integer(let value)): Self.rounded(value, type, perSecond)
    case (.json, .integer(let value)): .integer(Self.within(Self.writable(type), value))
    case (.json, .double(let value)): .double(value.isFinite && value != 0 ? value : 0)
    case (.json(.bounded(let characters), _), .text(let text)):
      .text(String(String.UnicodeScalarView(text.unicodeScalars.prefix(characters))))
    case (.avro(.primitive("float")), .double(let value)): .double(Double(Float(value)))
    case (.avro(.enumeration(let symbols)), .text(let text)): .text(symbols[text.utf8.count % symbols.count])
    case (.avro(.logical(_, let name)), .integer(let value)):
      Self.rounded(value, type, name.hasSuffix("millis") ? 1000 : 1_000_000)
    default: value
    }
  }

  /// The form of an array's elements.
  var element: WireForm {
    switch self {
    case .avro(.array(let form, _)): .avro(form)
    case .json: .json(.plain, members: [])
    default: self
    }
  }

  /// What has four digits of the year in ISO 8601: beyond, the forms of times have bounds of their own.
  private static func writable(_ type: SQLType) -> ClosedRange<Int64> {
    switch type {
    case .timestamptz, .timestamp: -62_135_596_800_000_000...253_402_300_799_999_999
    case .date: -719_162...2_932_896
    default: .min ... .max
    }
  }

  private static func within(_ range: ClosedRange<Int64>, _ value: Int64) -> Int64 {
    min(max(value, range.lowerBound), range.upperBound)
  }

  /// To whole units, of which there are so many in a second.
  private static func rounded(_ value: Int64, _ type: SQLType, _ perSecond: Int64) -> Datum {
    let value = within(writable(type), value)
    return .integer(type == .date ? value : value / (1_000_000 / perSecond) * (1_000_000 / perSecond))
  }
}
