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

  /// A decoder of the stream's records, for one thread.
  ///
  /// - Parameter topic: that they come from; nil: the definition's own.
  public func makeDecoder(topic: String? = nil) throws(ProjectError) -> RecordDecoder {
    do {
      return try RecordDecoder(plan, topic: topic ?? plan.definition.topic, schema: schema)
    } catch {
      throw Project.decodingError(error, schema.reader, plan.definition)
    }
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
