import Synthesis

/// Writes events as JSON objects, one a line, with the fields and nesting of the Avro schema.
public struct JSONLineWriter {
  /// The lines written since it was last emptied.
  public var bytes: [UInt8] = []
  private let form = JSONForm(DownloadEvent.form)
  private let row = EventRow(count: DownloadEvent.form.fields.count)

  public init() {}

  public mutating func append(_ event: DownloadEvent) {
    event.write(into: row)
    form.append(row, to: &bytes)
    bytes.append(UInt8(ascii: "\n"))
  }
}
