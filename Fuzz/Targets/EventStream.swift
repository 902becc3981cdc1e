import Avro
import Plan
import SQLFrontend

/// The shipped stream, whose definitions may name the fields of `schemas/event.avsc` and, under `extra`, one of each
/// other type.
struct EventStream: Sendable {
  private let stream: ParsedStream
  private let schema: AvroSchema
  private let extra: AvroSchema
  /// With the shipped aggregates.
  private(set) var shipped: StreamPlan
  /// The same, for views.
  private(set) var streams: PlannedStreams

  init() throws {
    stream = try parseStream(try Self.source("sql/streams/content_downloads.sql"))
    schema = try AvroSchema(parsing: try RepositoryFile.text("schemas/event.avsc"))
    extra = try AvroSchema(parsing: Self.extraTypes)
    shipped = StreamPlan(definition: stream.definition, columns: [], eventTimeColumn: 0, aggregates: [])
    streams = planStreams(parseStreams([]), fields: { _ in nil }, aggregates: [])
    let aggregates = try RepositoryFile.files(in: "sql/aggregates").map(Self.source)
    shipped = try plan(aggregates)
    let fields = fields
    streams = planStreams(
      parseStreams([try Self.source("sql/streams/content_downloads.sql")]), fields: { _ in fields },
      aggregates: aggregates)
  }

  func plan(_ aggregates: [SourceFile]) throws(DefinitionErrors) -> StreamPlan {
    try planStream(stream, aggregates: aggregates, fields: fields)
  }

  private var fields: SchemaFields {
    SchemaFields(paths: (schema.leafColumns() + extra.leafColumns()).map(\.path)) { path in
      let column = try? path.first == "extra" ? extra.column(at: path) : schema.column(at: path)
      return column.map { FieldDescription(type: $0.type, isNullable: $0.isNullable, comment: $0.doc ?? "") }
    }
  }

  private static func source(_ path: String) throws -> SourceFile {
    SourceFile(path: path, text: try RepositoryFile.text(path))
  }

  private static let extraTypes = """
    {"type":"record","name":"More","fields":[{"name":"extra","type":{"type":"record","name":"Extra","fields":[
    {"name":"big","type":"long"},{"name":"flag","type":["null","boolean"]},{"name":"raw","type":"bytes"},
    {"name":"price","type":{"type":"bytes","logicalType":"decimal","precision":38,"scale":2}},
    {"name":"day","type":["null",{"type":"int","logicalType":"date"}]},
    {"name":"local","type":{"type":"long","logicalType":"local-timestamp-micros"}},
    {"name":"clock","type":{"type":"long","logicalType":"time-micros"}},
    {"name":"id","type":{"type":"string","logicalType":"uuid"}},
    {"name":"tags","type":["null",{"type":"array","items":"string"}]}]}}]}
    """
}
