import Events
import Plan
import SQLQuoting
import Spelling

/// What a stream's definitions may name (declared columns, fields of its schema, and the records' metadata), and the columns
/// that they have used so far. A cascade's stream is its first aggregate's rows.
///
/// Shared by all aggregates of a stream while they are planned, on one thread.
final class StreamColumns {
  let stream: StreamDefinition
  private let schema: SchemaFields
  private let declared: [String: DeclaredColumn]
  /// The aggregate whose rows they are the columns of; nil: they are a stream's.
  let aggregate: AggregatePlan?
  private(set) var specs: [ColumnSpec] = []

  init(_ stream: StreamDefinition, _ schema: SchemaFields, rowsOf aggregate: AggregatePlan? = nil) {
    self.stream = stream
    self.schema = schema
    self.aggregate = aggregate
    declared = Dictionary(stream.columns.map { ($0.name, $0) }) { first, _ in first }
  }

  /// What the path names: a declared column before a field of the schema, and that before metadata.
  func describe(_ path: [String]) -> FieldDescription? {
    if path.count == 1, let column = declared[path[0]] {
      return FieldDescription(type: column.type, isNullable: column.isNullable, comment: comment(of: column))
    }
    if let field = schema.field(path) { return field }
    guard !schema.hidesMetadata, let column = MetadataColumn(path: path) else { return nil }
    return FieldDescription(type: column.type, isNullable: column.isNullable, comment: "")
  }

  /// The path without the stream's name before it; nil when it names nothing.
  func resolve(_ path: [String]) -> [String]? {
    if path.first == stream.name, path.count > 1, describe(Array(path.dropFirst())) != nil {
      return Array(path.dropFirst())
    }
    return describe(path) == nil ? nil : path
  }

  /// The number of the column, which is used from now on.
  func use(_ path: [String]) -> Int? {
    guard let description = describe(path) else { return nil }
    let spec = ColumnSpec(path: path, type: description.type, isNullable: description.isNullable)
    if let index = specs.firstIndex(of: spec) { return index }
    specs.append(spec)
    return specs.count - 1
  }

  /// Whether the name means something beside a relation of its own: the stream, a column, or a record around some.
  func hasName(_ name: String) -> Bool {
    name == stream.name || describe([name]) != nil || known.contains { $0.first == name }
  }

  /// What to say of a path that leads to no column.
  func missing(_ path: [String]) -> (message: String, hint: String?) {
    let tail = path.first == stream.name ? Array(path.dropFirst()) : path
    if let reason = schema.refusal(path) ?? schema.refusal(tail) {
      return ("the field \(quotedPath(path)) cannot be used", reason)
    }
    if tail.count > 1, let column = declared[tail[0]], stream.format == .json, column.type == .jsonb {
      let inner = DeclaredColumn.text(of: column.path + tail.dropFirst().map { .member($0) })
      return (
        "the stream \(stream.name) declares no column for \(quotedPath(tail))",
        "declare one: \(quotedIdentifier(tail[tail.count - 1])) type OPTIONS (path \(quotedLiteral(inner)))"
      )
    }
    if let aggregate {
      return ("\(quotedIdentifier(aggregate.name)) has no column \(quotedPath(path))", suggestion(for: path))
    }
    let what = stream.format == .avro ? "field" : "column"
    return ("the stream has no \(what) \(quotedPath(path))", suggestion(for: path))
  }

  /// Whether a record around fields, or around metadata, is called so.
  func hasRecord(named name: String) -> Bool { known.contains { $0.count > 1 && $0[0] == name } }

  /// Whether a column, or a field of a record, is called so: where Postgres reads the definition, each record is a relation
  /// whose columns may be named without it.
  func hasField(named name: String) -> Bool { known.contains { $0.last == name } }

  func comment(_ column: Int) -> String {
    describe(specs[column].path)?.comment ?? ""
  }

  private func comment(of column: DeclaredColumn) -> String {
    guard column.comment.isEmpty, let path = column.fieldPath else { return column.comment }
    return schema.field(path)?.comment ?? ""
  }

  /// The nearest field of the schema.
  func schemaSuggestion(for path: [String]) -> String? { suggestion(for: path, among: schema.paths) }

  /// Whatever may be named, for suggestions.
  private var known: [[String]] {
    let metadata = schema.hidesMetadata ? [] : MetadataColumn.allCases.map(\.path)
    return stream.columns.map { [$0.name] } + schema.paths + metadata
  }

  /// Who reads `model` probably means `"device".model`; else the nearest spelling.
  func suggestion(for path: [String]) -> String? {
    let tail = path.first == stream.name ? Array(path.dropFirst()) : path
    if tail.count > 1, tail[0] == MetadataColumn.record, !schema.hidesMetadata {
      return
        "columns are \(MetadataColumn.allCases.map { "\(MetadataColumn.record).\($0.rawValue)" }.joined(separator: ", "))"
    }
    if let found = suggestion(for: path, among: known) { return found }
    guard stream.format != .avro else { return nil }
    let names = stream.columns.prefix(12).map { quotedIdentifier($0.name) }
    let rest = stream.columns.count > names.count ? ", …" : ""
    return "columns are \(names.joined(separator: ", "))\(rest)"
  }

  private func suggestion(for path: [String], among known: [[String]]) -> String? {
    // The metadata's short names are words that many things are called.
    if let last = path.last, let found = known.first(where: { $0.last == last && MetadataColumn(path: $0) == nil }) {
      return "did you mean \(quotedPath(found))?"
    }
    let written = path.joined(separator: ".")
    let byPath = nearestSpelling(of: written, among: known.map { $0.joined(separator: ".") })
    let byName = nearestSpelling(
      of: path.last ?? "", among: known.filter { MetadataColumn(path: $0) == nil }.compactMap(\.last))
    let found = known.first { $0.joined(separator: ".") == byPath } ?? known.first { $0.last == byName }
    return found.map { "did you mean \(quotedPath($0))?" }
  }
}
