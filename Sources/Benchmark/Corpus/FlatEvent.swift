import Downloads
import Events
import Formats
import Plan

/// Download events as JSON, about 300 bytes: a flat object of twelve members, of which the measured aggregates use ten.
/// None says why a download failed.
enum FlatEvent {
  /// The members that are used, by the paths of the same fields in the shipped schema.
  private static let names: [[String]: String] = [
    ["timestamp"]: "timestamp", ["content", "content_id"]: "content", ["content", "title"]: "title",
    ["content", "size_gb"]: "size_gb", ShippedProject.placePath: "place", ["user", "device_type"]: "device",
    ["user", "os_version"]: "os", ["download", "status"]: "status", ["download", "duration_seconds"]: "seconds",
    ["download", "speed_mbps"]: "speed_mbps", ["download", "error_code"]: "error_code",
  ]

  static func append(_ event: DownloadEvent, to bytes: inout [UInt8]) {
    literal("{\"id\":", &bytes)
    text(event.eventID, &bytes)
    literal(",\"timestamp\":", &bytes)
    bytes.append(contentsOf: String(event.timestampMilliseconds).utf8)
    literal(",\"content\":", &bytes)
    text(event.contentID, &bytes)
    literal(",\"title\":", &bytes)
    text(event.title, &bytes)
    literal(",\"type\":", &bytes)
    text(event.contentType, &bytes)
    literal(",\"size_gb\":", &bytes)
    bytes.append(contentsOf: event.sizeGB.description.utf8)
    literal(",\"place\":", &bytes)
    text(event.place, &bytes)
    literal(",\"device\":", &bytes)
    text(event.deviceType, &bytes)
    literal(",\"os\":", &bytes)
    text(event.osVersion, &bytes)
    literal(",\"status\":", &bytes)
    text(event.status.text, &bytes)
    literal(",\"seconds\":", &bytes)
    bytes.append(contentsOf: String(event.durationSeconds).utf8)
    literal(",\"speed_mbps\":", &bytes)
    bytes.append(contentsOf: event.speedMbps.description.utf8)
    literal("}", &bytes)
  }

  private static func literal(_ text: StaticString, _ bytes: inout [UInt8]) {
    bytes.append(contentsOf: TextView(text).bytes)
  }

  /// None of the synthetic texts has anything to be escaped.
  private static func text(_ text: TextView, _ bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    bytes.append(contentsOf: text.bytes)
    bytes.append(UInt8(ascii: "\""))
  }

  /// The shipped stream's plan over these events: the same columns and aggregates, each column declared with the member that
  /// it is.
  static func plan(_ shipped: StreamPlan) throws(BenchmarkError) -> StreamPlan {
    var plan = shipped
    plan.definition.format = .json
    plan.definition.schema = nil
    plan.definition.columns = []
    for (index, spec) in shipped.columns.enumerated() {
      guard let name = names[spec.path] else {
        throw .setup("no member of the events is \(spec.path.joined(separator: "."))")
      }
      plan.columns[index].path = [name]
      plan.definition.columns.append(
        DeclaredColumn(
          name: name, type: spec.type, isNullable: spec.isNullable,
          unit: spec.type == .timestamptz ? .milliseconds : nil))
    }
    plan.definition.eventTime = plan.columns[plan.eventTimeColumn].path
    return plan
  }

  static func makeDecoder(_ plan: StreamPlan) throws -> RecordDecoder {
    try RecordDecoder(plan, topic: plan.definition.topic, schema: .declared)
  }
}
