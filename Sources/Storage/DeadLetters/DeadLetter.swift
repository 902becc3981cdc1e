import Dataflow
import Events
import Hexadecimal
import JSON

/// Why a record is put aside, with everything needed to look at it or to process it again.
public struct DeadLetter: Sendable {
  public var partition: TopicPartition
  public var offset: Offset
  public var timestampMilliseconds: Int64
  public var key: [UInt8]?
  public var value: [UInt8]?
  public var headers: [RecordHeader]
  /// The schema's id in Confluent framing, where it could be read.
  public var schemaID: UInt32?
  public var code: EventErrorCode
  public var reason: String
  /// The one aggregate that has not taken the event, and for which window; nil: none has.
  public var late: (aggregate: String, windowStart: Int64)?

  /// What the dead letter holds, about, for bounding memory.
  package var byteCount: Int {
    // Header values are stored in hexadecimal.
    headers.reduce((key?.count ?? 0) + (value?.count ?? 0) + reason.utf8.count + 200) {
      $0 + $1.name.utf8.count + 2 * ($1.value?.count ?? 0) + 50
    }
  }

  /// nil when there is none, or none that Postgres could store: it is the producer's own number, seconds or nanoseconds
  /// by mistake.
  package var timestampMicroseconds: Int64? {
    let (time, overflow) = timestampMilliseconds.multipliedReportingOverflow(by: 1000)
    return overflow || time < 0 || time == .max ? nil : time
  }

  /// The headers as the column `headers` has them: `[{"name": …, "value": hexadecimal or null}]`.
  package var headersJSON: String {
    JSONValue.array(
      headers.map { header in
        let value = header.value.map { JSONValue.string($0.hexadecimal()) } ?? .null
        return .object([JSONMember("name", .string(storable(header.name))), JSONMember("value", value)])
      }
    ).text
  }

  /// What `headersJSON` wrote.
  package static func headers(fromJSON json: String) -> [RecordHeader] {
    let headers = (try? JSONValue(parsing: json))?.arrayValue ?? []
    return headers.map { header in
      RecordHeader(
        name: header["name"]?.stringValue ?? "", value: header["value"]?.stringValue.map { [UInt8](hexadecimal: $0) })
    }
  }
}

extension DeadLetter {
  /// - Parameter record: is copied.
  package init(
    _ record: Record, topic: String, headers: [RecordHeader], schemaID: UInt32?, code: EventErrorCode, reason: String,
    late: (aggregate: String, windowStart: Int64)? = nil
  ) {
    self.init(
      partition: TopicPartition(topic: topic, partition: record.partition), offset: record.offset,
      timestampMilliseconds: record.timestampMilliseconds,
      key: record.keyBytes.map(Array.init), value: record.payload == nil ? nil : Array(record.payloadBytes),
      headers: headers, schemaID: schemaID, code: code, reason: reason, late: late)
  }
}

extension LateEvent {
  package func reason(_ aggregate: String) -> String {
    let milliseconds = lateness / 1000
    let time = milliseconds < 1000 ? "\(milliseconds) ms" : "\(milliseconds / 1000) s"
    return isOfSession
      ? "it is \(time) older than what \(aggregate) still takes"
      : "its window ended \(time) before the oldest that \(aggregate) still takes"
  }
}

/// Text from outside as Postgres takes it: a zero byte, which it refuses, is shown as U+FFFD.
package func storable(_ text: String) -> String {
  guard text.utf8.contains(0) else { return text }
  return String(String.UnicodeScalarView(text.unicodeScalars.map { $0 == "\0" ? "\u{FFFD}" : $0 }))
}
