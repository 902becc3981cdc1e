import SQLFrontend

/// Why a project cannot be loaded. Nothing of it helps by trying again.
public enum ProjectError: Error, CustomStringConvertible {
  case unreadable(path: String, reason: String)
  /// Everything that is wrong in the definitions, each with file, line and column.
  case definitions([DefinitionError])
  /// A schema, or how schema and definition fit.
  case schema(String)
  /// A folder does not hold what a project needs.
  case incomplete(String)

  public var description: String {
    switch self {
    case .unreadable(let path, let reason): "\(path): \(reason)"
    case .definitions(let errors): errors.map(\.description).joined(separator: "\n")
    case .schema(let text), .incomplete(let text): text
    }
  }
}
