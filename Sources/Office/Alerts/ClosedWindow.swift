import Detection
import Events
import JSON
import Plan
import Postgres

/// A window of a key, as an alert's SELECT gives it, or as it is when the SELECT has no row of it.
package struct ClosedWindow {
  /// In microseconds since 1970.
  package var start: Int64
  package var end: Int64
  var value: Double
  /// nil: the SELECT says nothing of it.
  var samples: Int64?
  var expected: Double?
  var fraction: Sample.Fraction?
  /// The keys as a JSON object, as Postgres writes it.
  package var key: String
  /// Whether the SELECT has a row of it.
  var isPresent = true

  /// A row of `AlertPlan.statement`.
  init(_ rows: PostgresResult, _ row: Int) {
    start = rows.integer(row, 5) ?? 0
    end = rows.integer(row, 6) ?? 0
    value = rows.double(row, 2) ?? .nan
    samples = rows.integer(row, 3)
    expected = rows.double(row, 7)
    if let numerator = rows.double(row, 8), let denominator = rows.double(row, 9) {
      fraction = Sample.Fraction(numerator: numerator, denominator: denominator)
    }
    key = rows[row, 4] ?? "{}"
  }

  /// All rows of `AlertPlan.statement`.
  static func all(_ rows: PostgresResult) -> [ClosedWindow] {
    (0..<rows.rowCount).map { ClosedWindow(rows, $0) }
  }

  /// One with a row of these values.
  package init(key: String, _ window: Range<Int64>, value: Double, samples: Int64) {
    start = window.lowerBound
    end = window.upperBound
    self.value = value
    self.samples = samples
    self.key = key
  }

  /// One that has no row.
  init(missing key: String, _ window: Range<Int64>, value: Double) {
    start = window.lowerBound
    end = window.upperBound
    self.value = value
    self.key = key
    isPresent = false
  }

  func sample(of alert: AlertPlan) -> Sample {
    Sample(value: value, weight: Int(clamping: samples ?? alert.minimumSamples), fraction: fraction, time: start)
  }

  /// Whether it says enough to be judged.
  func isJudged(by alert: AlertPlan) -> Bool {
    !value.isNaN && samples ?? alert.minimumSamples >= alert.minimumSamples
  }

  /// What the alert says of it.
  func message(of alert: AlertPlan, _ finding: Finding) -> String {
    var values: [String: MessageTemplate.Value] = [
      "value": .number(value), "threshold": .number(finding.threshold), "severity": .text(finding.severity.rawValue),
      "metric": .text(alert.metric), "window_start": .text(Self.text(start)), "window_end": .text(Self.text(end)),
      "samples": .number(Double(samples ?? 0)),
    ]
    values["expected"] = (finding.expected ?? expected).map { .number($0) }
    values["probability"] = finding.probability.map { .number($0) }
    for (name, text) in zip(alert.keys, Self.texts(of: key, alert.keys)) {
      values[name] = .text(key == AlertPlan.stream ? "the whole stream" : text)
    }
    return alert.message.render(values)
  }

  /// The values of some members of a key, as messages show them.
  static func texts(of key: String, _ names: [String]) -> [String] {
    let members = (try? JSONValue(parsing: key))?.objectValue ?? []
    return names.map { name in
      let value = members.first { $0.name == name }?.value
      return value.map { $0.stringValue ?? ($0.isNull ? "" : $0.text) } ?? ""
    }
  }

  /// As Postgres writes times.
  static func text(_ microseconds: Int64) -> String { DateTimeText.timestamp(microseconds: microseconds) + "+00" }
}
