import Avro

/// What a stream's payloads are read with, beside its definition.
public enum RecordSchema: Sendable {
  /// - Parameters:
  ///   - reader: the stream's schema.
  ///   - schemas: those that records may be written with.
  case avro(reader: AvroSchema, schemas: SchemaSet)
  /// The columns that the definition declares say all.
  case declared
}
