import Events

/// What every record has beside its payload: a column `kafka.…` of every stream whose schema has no field `kafka`.
public enum MetadataColumn: String, Hashable, Sendable, CaseIterable {
  /// The record's key as text; NULL without a key, and for a key that is no text.
  case key
  case topic
  case partition
  case offset
  /// The record's own time, of its making or of its arrival, as the topic is set up; NULL when it has none.
  case timestamp
  /// The record's headers, an object: a text for each name, the last of equal names.
  case headers

  /// What stands before the dot.
  public static let record = "kafka"

  public var path: [String] { [Self.record, rawValue] }

  public var type: SQLType {
    switch self {
    case .key, .topic: .text
    case .partition: .integer
    case .offset: .bigint
    case .timestamp: .timestamptz
    case .headers: .jsonb
    }
  }

  public var isNullable: Bool { self == .key || self == .timestamp }

  /// The column at a path; nil when it is none of these.
  public init?(path: [String]) {
    guard path.count == 2, path[0] == Self.record, let column = Self(rawValue: path[1]) else { return nil }
    self = column
  }
}
