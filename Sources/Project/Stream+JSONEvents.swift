import Avro
import Formats
import Plan
import SQLFrontend

/// Events that somebody writes by hand, as JSON objects, whatever the records of the stream are.
extension Stream {
  /// The paths of all columns in such an object.
  var eventPaths: [[String]] {
    if plan.definition.format == .json {
      return plan.definition.columns.map { column in
        column.path.prefix { if case .member = $0 { true } else { false } }.map { step in
          if case .member(let name) = step { name } else { "" }
        }
      }
    }
    return ((try? selectEvents(place: name))?.stream.columns ?? plan.columns).map(\.path)
  }

  /// A decoder of such objects, for one thread. Those of a JSON stream are its payloads as they are; of other formats the
  /// objects have a member for each column that is used, and for each record around one, with values as `jsonb` has them
  /// (times as texts): the stream's own decoder is passed by.
  public func makeJSONDecoder() throws(ProjectError) -> RecordDecoder {
    guard plan.definition.format != .json else { return try makeDecoder() }
    var described = plan
    described.definition.format = .json
    described.definition.schema = nil
    described.definition.columns = []
    for (index, spec) in plan.columns.enumerated() where MetadataColumn(path: spec.path) == nil || hidesMetadata {
      let name = spec.path.joined(separator: ".")
      described.definition.columns.append(
        DeclaredColumn(
          name: name, type: spec.type, isNullable: spec.isNullable,
          path: spec.path.map(DeclaredColumn.Step.member)))
      described.columns[index].path = [name]
    }
    do {
      return try RecordDecoder(described, topic: plan.definition.topic, schema: .declared)
    } catch {
      throw Project.decodingError(error, nil, plan.definition)
    }
  }

  /// Then a name `kafka.…` is a field's.
  private var hidesMetadata: Bool { schema.reader?.hasField(MetadataColumn.record) ?? false }
}
