/// What an event of one kind consists of: its fields in their order, whatever it is written as.
public struct EventForm: Sendable {
  /// A field, which an `EventRow` has a value of at the same place.
  public struct Field: Sendable {
    /// From the event's root; all but the last are records.
    public var path: [String]
    public var type: FieldType
    public var isNullable: Bool
    /// One sentence for the schema.
    public var doc: String

    public init(_ path: String, _ type: FieldType, isNullable: Bool = false, doc: String = "") {
      self.path = path.split(separator: ".").map(String.init)
      self.type = type
      self.isNullable = isNullable
      self.doc = doc
    }

    /// The path with points between the names, as options and errors say it.
    public var name: String { path.joined(separator: ".") }
  }

  /// Of the Avro record.
  public var name: String
  public var doc: String
  public var fields: [Field]
  /// How times are written where the format has no type for them.
  public var timeText: TimeText

  public init(name: String, doc: String, timeText: TimeText, fields: [Field]) {
    self.name = name
    self.doc = doc
    self.timeText = timeText
    self.fields = fields
  }

  /// The place of the field of this name.
  public func index(of name: String) -> Int? {
    fields.firstIndex { $0.name == name }
  }
}

/// What values a field has.
public enum FieldType: Hashable, Sendable {
  case text
  /// 32 bits.
  case integer
  /// 64 bits.
  case bigint
  case double
  case time
  case tags
}

/// How JSON and CSV write a time.
public enum TimeText: Sendable {
  /// `2026-01-01T00:00:00.000Z`, which `timestamptz` reads.
  case iso8601
  /// A number, which `timestamptz OPTIONS (unit 'milliseconds')` reads.
  case epochMilliseconds
}
