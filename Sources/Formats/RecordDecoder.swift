import Avro
import Events

/// Decodes the records of one stream into the columns that it was made of. Another format is another case.
///
/// The format is asked once a slice, never for an event. For one thread at a time. It must outlive the batches that it
/// wrote, which may point to its texts.
public enum RecordDecoder {
  case avro(AvroDecoder)

  /// Makes `batch` a batch of a slice of these records: row `i` is record `slice.lowerBound + i`, or a failure that says
  /// why it could not be decoded. The payloads behind the slice are expected next.
  ///
  /// Texts point into the payloads, into the batch's arena and into this decoder.
  /// - Parameter batch: has this decoder's columns, and room for the slice.
  public func decode(_ all: UnsafeMutableBufferPointer<Record>, _ slice: Range<Int>, into batch: EventBatch) {
    switch self {
    case .avro(let decoder): decoder.decode(all, slice, into: batch)
    }
  }

  /// Makes `batch` a batch of all these records.
  public func decode(_ records: UnsafeMutableBufferPointer<Record>, into batch: EventBatch) {
    decode(records, 0..<records.count, into: batch)
  }

  /// The id of the writer's schema in a registry, when the record's bytes name one; for dead letters.
  public func schemaID(of record: Record) -> UInt32? {
    switch self {
    case .avro(let decoder): decoder.confluentID(of: record)
    }
  }
}
