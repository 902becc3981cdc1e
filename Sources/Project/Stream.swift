import Avro
import Formats
import Plan
import SQLFrontend

/// A stream with all that is needed to decode it.
public struct Stream: Sendable {
  public let plan: StreamPlan
  let schema: RecordSchema

  /// By which everything else names it.
  public var name: String { plan.definition.name }

  /// How records of the reader schema are encoded; nil of formats without one.
  public var layout: AvroLayout? { schema.reader?.layout }

  /// A decoder of the stream's records, for one thread.
  ///
  /// - Parameter topic: that they come from; nil: the definition's own.
  public func makeDecoder(topic: String? = nil) throws(ProjectError) -> RecordDecoder {
    try makeDecoder(plan, topic: topic)
  }

  private func makeDecoder(_ plan: StreamPlan, topic: String?) throws(ProjectError) -> RecordDecoder {
    do {
      return try RecordDecoder(plan, topic: topic ?? plan.definition.topic, schema: schema)
    } catch {
      throw Project.decodingError(error, schema.reader, plan.definition)
    }
  }

  // MARK: A look at the events

  /// Plans a look at the stream's events, with all that they have.
  ///
  /// - Parameters:
  ///   - condition: a boolean expression in the language of definitions; nil: all events are wanted.
  ///   - place: what messages call it.
  public func selectEvents(where condition: String? = nil, place: String) throws(ProjectError) -> EventSelection {
    do {
      return try SQLFrontend.selectEvents(
        of: plan.definition, fields: schema.fields, where: condition.map { SourceFile(path: place, text: $0) })
    } catch {
      throw .definitions(error.errors)
    }
  }

  /// A decoder for such a look.
  public func makeDecoder(for selection: EventSelection, topic: String? = nil) throws(ProjectError) -> RecordDecoder {
    try makeDecoder(selection.stream, topic: topic)
  }
}

extension RecordSchema {
  /// The fields of its schema.
  var fields: SchemaFields {
    if let reader { SchemaFields(of: reader) } else { .empty }
  }

  var reader: AvroSchema? {
    if case .avro(let reader, _) = self { reader } else { nil }
  }
}
