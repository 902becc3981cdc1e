import Avro
import Events
import Formats
import Plan
import SQLFrontend

/// A stream with all that is needed to decode it.
public struct Stream: Sendable {
  public let plan: StreamPlan
  let payload: Payload

  /// What its records' payloads are read with.
  enum Payload: Sendable {
    case avro(reader: AvroSchema, schemas: SchemaSet)
    /// The definition's own columns say all.
    case declared
  }

  /// By which everything else names it.
  public var name: String { plan.definition.name }

  /// A decoder of the stream's records, for one thread.
  public func makeDecoder() throws(ProjectError) -> RecordDecoder {
    switch payload {
    case .avro(let reader, let schemas):
      do {
        return .avro(
          try AvroDecoder(
            reader: reader, schemas: schemas, columns: plan.columns, framing: Framing(plan.definition.framing)))
      } catch {
        throw Project.decodingError(error, reader, plan.definition)
      }
    case .declared:
      throw .incomplete("stream \(name): the format '\(plan.definition.format.rawValue)' is not read yet")
    }
  }
}

extension Framing {
  fileprivate init(_ framing: StreamDefinition.Framing) {
    switch framing {
    case .automatic: self = .auto
    case .bare: self = .bare
    case .singleObject: self = .singleObject
    case .confluent: self = .confluent
    }
  }
}

extension Stream.Payload {
  /// The fields of its schema.
  var fields: SchemaFields {
    if let reader { SchemaFields(of: reader) } else { .none }
  }

  var reader: AvroSchema? {
    if case .avro(let reader, _) = self { reader } else { nil }
  }
}
