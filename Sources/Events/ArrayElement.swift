/// What an array of an event holds: the types of `SQLType` that are no arrays themselves.
///
/// A type of its own, so that `SQLType` stays plain memory.
public enum ArrayElement: Hashable, Sendable {
  case boolean, integer, bigint, doublePrecision, text, timestamptz, timestamp, date, time, uuid, jsonb
  case numeric(scale: Int)

  /// nil for a type of which there are no arrays.
  public init?(_ type: SQLType) {
    switch type {
    case .boolean: self = .boolean
    case .integer: self = .integer
    case .bigint: self = .bigint
    case .numeric(let scale): self = .numeric(scale: scale)
    case .doublePrecision: self = .doublePrecision
    case .text: self = .text
    case .timestamptz: self = .timestamptz
    case .timestamp: self = .timestamp
    case .date: self = .date
    case .time: self = .time
    case .uuid: self = .uuid
    case .jsonb: self = .jsonb
    case .bytea, .interval, .bits, .array: return nil
    }
  }

  /// The type of the elements.
  public var type: SQLType {
    switch self {
    case .boolean: .boolean
    case .integer: .integer
    case .bigint: .bigint
    case .numeric(let scale): .numeric(scale: scale)
    case .doublePrecision: .doublePrecision
    case .text: .text
    case .timestamptz: .timestamptz
    case .timestamp: .timestamp
    case .date: .date
    case .time: .time
    case .uuid: .uuid
    case .jsonb: .jsonb
    }
  }
}

extension SQLType {
  /// Of values of this type; nil where there is none.
  public var array: SQLType? { ArrayElement(self).map(SQLType.array) }

  /// What an array holds; nil for what is none.
  public var element: ArrayElement? {
    if case .array(let element) = self { element } else { nil }
  }
}
