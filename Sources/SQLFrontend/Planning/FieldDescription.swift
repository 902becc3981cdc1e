import Events
import Plan
import SQLQuoting

/// A field of a stream's records, as its schema describes it.
public struct FieldDescription: Hashable, Sendable {
  public var type: SQLType
  public var isNullable: Bool
  /// The schema's doc string; empty when it has none.
  public var comment: String
  /// A mistake in the schema because of which the type is not the one that was meant: said where the type matters.
  public var fault: DefinitionError?

  public init(type: SQLType, isNullable: Bool, comment: String, fault: DefinitionError? = nil) {
    self.fault = fault
    self.type = type
    self.isNullable = isNullable
    self.comment = comment
  }
}

/// The fields that a stream's definitions may name, and the columns that they have used so far.
///
/// Shared by all aggregates of a stream while they are planned, on one thread.
final class StreamColumns {
  let stream: StreamDefinition
  private let field: (_ path: [String]) -> FieldDescription?
  private let fieldPaths: [[String]]
  /// Why the field at a path, which the schema has, is no column.
  private let refusal: (_ path: [String]) -> String?
  private(set) var specs: [ColumnSpec] = []

  init(
    stream: StreamDefinition, field: @escaping ([String]) -> FieldDescription?, fieldPaths: [[String]],
    refusal: @escaping ([String]) -> String? = { _ in nil }
  ) {
    self.stream = stream
    self.refusal = refusal
    self.field = field
    self.fieldPaths = fieldPaths
  }

  /// The field's path without the stream's name before it; nil when there is no such field.
  func resolve(_ path: [String]) -> [String]? {
    if path.first == stream.name, path.count > 1, field(Array(path.dropFirst())) != nil {
      return Array(path.dropFirst())
    }
    return field(path) == nil ? nil : path
  }

  /// The number of the field's column, which is used from now on.
  func use(_ path: [String]) -> Int? {
    guard let description = field(path) else { return nil }
    let spec = ColumnSpec(path: path, type: description.type, isNullable: description.isNullable)
    if let index = specs.firstIndex(of: spec) { return index }
    specs.append(spec)
    return specs.count - 1
  }

  /// What to say of a path that leads to no column.
  func missing(_ path: [String]) -> (message: String, hint: String?) {
    let tail = path.first == stream.name ? Array(path.dropFirst()) : path
    if let reason = refusal(path) ?? refusal(tail) {
      return ("the field \(quotedPath(path)) cannot be used", reason)
    }
    return ("the stream has no field \(quotedPath(path))", suggestion(for: path))
  }

  func comment(_ column: Int) -> String {
    field(specs[column].path)?.comment ?? ""
  }

  /// Who reads `model` probably means `"device".model`; else the nearest spelling.
  func suggestion(for path: [String]) -> String? {
    if let last = path.last, let found = fieldPaths.first(where: { $0.last == last }) {
      return "did you mean \(quotedPath(found))?"
    }
    let written = path.joined(separator: ".")
    let byPath = nearestSpelling(of: written, among: fieldPaths.map { $0.joined(separator: ".") })
    let byName = nearestSpelling(of: path.last ?? "", among: fieldPaths.compactMap(\.last))
    let found = fieldPaths.first { $0.joined(separator: ".") == byPath } ?? fieldPaths.first { $0.last == byName }
    return found.map { "did you mean \(quotedPath($0))?" }
  }
}
