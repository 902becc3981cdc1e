import Events
import Synthesis

/// Writes events as JSON objects, one a line, with the fields and nesting of the Avro schema.
public struct JSONLineWriter {
  /// The lines written since it was last emptied.
  public var bytes: [UInt8] = []

  public init() {}

  public mutating func append(_ event: DownloadEvent) {
    literal("{\"event_id\":")
    string(event.eventID)
    literal(",\"timestamp\":")
    bytes.append(contentsOf: String(event.timestampMilliseconds).utf8)
    literal(",\"content\":{\"content_id\":")
    string(event.contentID)
    literal(",\"title\":")
    string(event.title)
    literal(",\"type\":")
    string(event.contentType)
    literal(",\"size_gb\":")
    bytes.append(contentsOf: event.sizeGB.description.utf8)
    literal("},\"user\":{\"user_id\":")
    string(event.userID)
    literal(",\"region\":")
    string(event.region)
    literal(",\"device_type\":")
    string(event.deviceType)
    literal(",\"os_version\":")
    string(event.osVersion)
    literal("},\"download\":{\"status\":")
    string(event.status.text)
    literal(",\"duration_seconds\":")
    bytes.append(contentsOf: String(event.durationSeconds).utf8)
    literal(",\"speed_mbps\":")
    bytes.append(contentsOf: event.speedMbps.description.utf8)
    literal(",\"error_code\":")
    if let code = event.errorCode { string(code) } else { literal("null") }
    literal("}}\n")
  }

  private mutating func literal(_ text: StaticString) {
    bytes.append(contentsOf: TextView(text).bytes)
  }

  private mutating func string(_ text: TextView) {
    bytes.append(0x22)
    for byte in text.bytes {
      switch byte {
      case 0x22, 0x5c:
        bytes.append(0x5c)
        bytes.append(byte)
      case 0..<0x20:
        literal("\\u00")
        bytes.append(byte < 16 ? 0x30 : 0x31)
        let low = byte & 15
        bytes.append(low < 10 ? 0x30 + low : 0x57 + low)
      default: bytes.append(byte)
      }
    }
    bytes.append(0x22)
  }
}
