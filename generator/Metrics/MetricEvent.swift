import Events
import Synthesis

/// One measurement of a series. The texts are valid as long as its maker.
public struct MetricEvent {
  /// Identifies the series: host and name.
  public var metricID: TextView
  public var name: TextView
  /// Event time in milliseconds since 1970 UTC.
  public var timestampMilliseconds: Int64
  /// A multiple of 2^-8, so that sums are exact.
  public var value: Double
  public var tags: UnsafeBufferPointer<Tag>

  public static let form = EventForm(
    name: "Measurement", doc: "One measurement of a metric.", timeText: .iso8601,
    fields: [
      .init("metric_id", .text, doc: "The series: host and name."),
      .init("name", .text, doc: "What is measured, with its unit."),
      .init("timestamp", .time, doc: "When it was measured: the event time."),
      .init("value", .double, doc: "What was measured."),
      .init("tags", .tags, doc: "Where: host, service and zone."),
    ])

  /// Puts the event's values into a row of the form.
  public func write(into row: EventRow) {
    row[0] = .text(metricID)
    row[1] = .text(name)
    row[2] = .time(timestampMilliseconds)
    row[3] = .double(value)
    row[4] = .tags(tags)
  }
}
