import Postgres

/// Why the database cannot be used as it is.
public enum StorageError: Error, CustomStringConvertible {
  case postgres(PostgresError)
  /// A definition or the database's version does not fit; the text says what and where.
  case definition(String)
  case `internal`(String)

  /// What a step that may fail in several ways has failed with.
  package init(_ error: any Error) {
    switch error {
    case let error as StorageError: self = error
    case let error as PostgresError: self = .postgres(error)
    default: self = .internal("\(error)")
    }
  }

  public var description: String {
    switch self {
    case .postgres(let error): "Postgres: \(error.description)"
    case .definition(let text), .internal(let text): text
    }
  }
}
