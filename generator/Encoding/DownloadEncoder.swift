import Downloads
import Synthesis

/// Encodes download events as Avro by libavro: about two million a second on one core.
///
/// The schema must have the fields of a download event: see `EventEncoder`. To be used on one thread.
public final class DownloadEncoder {
  private let encoder: EventEncoder
  private let row = EventRow(count: DownloadEvent.form.fields.count)

  /// Longer texts and larger events are refused.
  public static let maxEventBytes = EventEncoder.maxEventBytes

  /// `framing` precedes every event: see `EventFraming.header`.
  public init(schemaJSON: String, framing: [UInt8] = []) throws(EncodingError) {
    encoder = try EventEncoder(form: DownloadEvent.form, schemaJSON: schemaJSON, framing: framing)
  }

  /// The framing and the event's bytes, valid until the next call.
  public func encode(_ event: DownloadEvent) throws(EncodingError) -> UnsafeRawBufferPointer {
    event.write(into: row)
    return try encoder.encode(row)
  }
}
