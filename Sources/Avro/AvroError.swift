import Events
import JSON

/// What is wrong with a schema, a column of it, or a pair of schemas. Found when a project is loaded; a retry cannot
/// help. What is wrong with a record is an `EventFailure` instead.
public enum AvroError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The text of `file` is not an Avro schema.
  case schema(file: String, position: JSONPosition?, message: String)
  /// The map from Confluent ids to files is not valid.
  case confluentIDs(String)
  /// The schema has no field at that path. `known` lists the paths that could stand in its place.
  case noSuchField(path: [String], known: [[String]])
  /// The field exists, but no column can hold it.
  case unsupported(path: [String], reason: String)
  /// A column is asked for with another type than the schema gives it.
  case columnMismatch(path: [String], asked: String, schema: String)
  /// The writer's schema cannot be resolved to the reader's, whatever the data. `path` is empty for the whole.
  case unresolvable(path: String, reason: String)

  public var description: String {
    switch self {
    case .schema(let file, let position?, let message): "\(file):\(position.line):\(position.column): \(message)"
    case .schema(let file, nil, let message): "\(file): \(message)"
    case .confluentIDs(let message): message
    case .noSuchField(let path, _): "there is no field \(path.joined(separator: "."))"
    case .unsupported(let path, let reason): "\(path.joined(separator: ".")): \(reason)"
    case .columnMismatch(let path, let asked, let schema):
      "\(path.joined(separator: ".")): asked for as \(asked), but the schema says \(schema)"
    case .unresolvable("", let reason): reason
    case .unresolvable(let path, let reason): "\(path): \(reason)"
    }
  }
}
