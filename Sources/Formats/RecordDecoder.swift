import Avro
import Events
import Plan
import TextFormats

/// Decodes the records of one stream into the columns of its plan: payloads in the stream's format, and what records have
/// beside them.
///
/// The format is asked once a slice, never for an event. For one thread at a time. It must outlive the batches that it
/// wrote, which may point to its texts.
public struct RecordDecoder {
  /// Another format is another case.
  enum Payloads {
    /// - Parameter declared: columns that are converted behind the decoder; nil when there are none.
    case avro(AvroDecoder, declared: DeclaredFields?)
    case json(JSONRecordDecoder)
    case csv(CSVRecordDecoder)
  }

  let payloads: Payloads
  /// nil when no definition uses metadata.
  private var metadata: MetadataReader?

  /// - Parameters:
  ///   - topic: that the records come from, whatever the definition says.
  ///   - schema: the Avro schemas of an Avro stream; `declared` for the other formats.
  /// - Throws: when a column is not what the schema says.
  public init(_ plan: StreamPlan, topic: String, schema: RecordSchema) throws(AvroError) {
    let sources = StreamSources(plan, schema)
    payloads = try sources.payloads(schema)
    metadata = sources.metadata.isEmpty ? nil : MetadataReader(sources.metadata, topic: topic)
  }

  /// The same decoder for records of another topic.
  public func reading(topic: String) -> RecordDecoder {
    var other = self
    other.metadata = metadata.map { MetadataReader($0.columns, topic: topic) }
    return other
  }

  /// Makes `batch` a batch of a slice of these records: row `i` is record `slice.lowerBound + i`, or a failure that says
  /// why it could not be decoded. The payloads behind the slice are expected next.
  ///
  /// Texts point into the payloads and keys, into the batch's arena and into this decoder.
  /// - Parameter batch: has the columns of the stream's plan, and room for the slice.
  public func decode(_ records: borrowing RecordBatch, _ slice: Range<Int>, into batch: EventBatch) {
    switch payloads {
    case .avro(let decoder, nil): decoder.decode(records.records, slice, into: batch)
    case .avro(let decoder, let declared?): declared.decode(with: decoder, records.records, slice, into: batch)
    case .json(let decoder): decoder.decode(records.records, slice, into: batch)
    case .csv(let decoder): decoder.decode(records.records, slice, into: batch)
    }
    metadata?.read(records, slice, into: batch)
  }

  /// Makes `batch` a batch of all these records.
  public func decode(_ records: borrowing RecordBatch, into batch: EventBatch) {
    decode(records, 0..<records.count, into: batch)
  }

  /// The id of the writer's schema in a registry, when the record's bytes name one; for dead letters.
  public func schemaID(of record: Record) -> UInt32? {
    switch payloads {
    case .avro(let decoder, _): decoder.confluentID(of: record)
    case .json, .csv: nil
    }
  }
}
