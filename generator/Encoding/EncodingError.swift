/// Why events cannot be encoded; one line for a person.
public enum EncodingError: Error, Equatable, CustomStringConvertible {
  /// libavro does not accept the schema.
  case invalidSchema(reason: String)
  /// The schema is valid but the events do not fit it.
  case unsuitableSchema(field: String, expected: String)
  /// A value was refused by libavro, or the event does not fit the largest buffer.
  case refused(reason: String)
  /// A framing that is none of bare, single-object and confluent:ID.
  case unknownFraming(String)

  public var description: String {
    switch self {
    case .invalidSchema(let reason): "the event schema is not valid Avro: \(reason)"
    case .unsuitableSchema(let field, let expected): "the event schema needs the field \(field) as \(expected)"
    case .refused(let reason): "libavro cannot encode the event: \(reason)"
    case .unknownFraming(let text): "the framing is bare, single-object or confluent:ID, not “\(text)”"
    }
  }
}
