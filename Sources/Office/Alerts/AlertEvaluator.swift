import Detection
import Dialects
import Observability
import Plan
import Postgres

/// Judges windows that have closed since the last time: how far it came and what it raised are committed together.
struct AlertEvaluator {
  private let connection: PostgresConnection
  private let cluster: String

  init(_ connection: PostgresConnection, cluster: String) {
    self.connection = connection
    self.cluster = cluster
  }

  /// Evaluates the windows that ended after the last evaluation and not after the watermark.
  ///
  /// - Returns: what was raised; each alert once per key and window, whatever is evaluated again.
  func evaluate(_ alert: AlertPlan, watermark: String) throws(PostgresError) -> [Observation] {
    let last = try connection.query(
      """
      SELECT evaluated_until::text, evaluated_until < $3::timestamptz FROM pulse.alert_progress
      WHERE alert = $1 AND cluster = $2
      """, [.text(alert.name), .text(cluster), .text(watermark)])
    guard last.rowCount == 0 || last.boolean(0, 1) == true else { return [] }
    let from = last.rowCount > 0 ? last[0, 0] ?? "-infinity" : "-infinity"
    let rows = try connection.query(alert.statement.text, [.text(from), .text(watermark)])
    let detector = ThresholdDetector(alert)
    var raised: [Observation] = []
    var statements: [PostgresStatement] = []
    for row in 0..<rows.rowCount {
      let window = ClosedWindow(rows, row, keys: alert.keys)
      guard let finding = detector.evaluate(window.sample) else { continue }
      let message = alert.message.render(window.values(finding, metric: alert.metric))
      statements.append(insert(alert, window, finding, message))
      raised.append(
        .alertRaised(alert: alert.name, severity: finding.severity.rawValue, key: window.key, message: message))
    }
    statements.append(
      PostgresStatement(
        """
        INSERT INTO pulse.alert_progress (alert, cluster, evaluated_until) VALUES ($1, $2, $3::timestamptz)
        ON CONFLICT (alert, cluster) DO UPDATE SET evaluated_until = excluded.evaluated_until, updated_at = now()
        """, [.text(alert.name), .text(cluster), .text(watermark)]))
    let results = try connection.pipeline(statements)
    // An alert that existed already has inserted nothing and is not announced again.
    return zip(raised, results).filter { $0.1.affectedRows > 0 }.map(\.0)
  }

  private func insert(
    _ alert: AlertPlan, _ window: ClosedWindow, _ finding: Finding, _ message: String
  ) -> PostgresStatement {
    PostgresStatement(
      """
      INSERT INTO alerts (alert_type, severity, message, metric_name, metric_value, threshold_value, aggregate, key,
        window_start, window_end)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::timestamptz, $10::timestamptz)
      ON CONFLICT (alert_type, key, window_start) DO NOTHING
      """,
      [
        .text(alert.name), .text(finding.severity.rawValue), .text(message), .text(alert.metric),
        .doublePrecision(window.sample.value), .doublePrecision(finding.threshold),
        .text(alert.aggregate), .jsonb(window.key), .text(window.start), .text(window.end),
      ])
  }
}

/// A row of an alert's SELECT.
private struct ClosedWindow {
  var start: String
  var end: String
  var sample: Sample
  /// The keys as a JSON object.
  var key: String
  var keys: [String: String]

  init(_ rows: PostgresResult, _ row: Int, keys names: [String]) {
    start = rows[row, 0] ?? ""
    end = rows[row, 1] ?? ""
    sample = Sample(value: rows.double(row, 2) ?? .nan, weight: Int(clamping: rows.integer(row, 3) ?? 0))
    key = rows[row, 4] ?? "{}"
    keys = [:]
    for (index, name) in names.enumerated() { keys[name] = rows[row, 5 + index] }
  }

  func values(_ finding: Finding, metric: String) -> [String: MessageTemplate.Value] {
    var values: [String: MessageTemplate.Value] = keys.mapValues { .text($0) }
    values["value"] = .number(sample.value)
    values["samples"] = .number(Double(sample.weight))
    values["threshold"] = .number(finding.threshold)
    values["severity"] = .text(finding.severity.rawValue)
    values["metric"] = .text(metric)
    values["window_start"] = .text(start)
    values["window_end"] = .text(end)
    return values
  }
}

extension ThresholdDetector {
  init(_ alert: AlertPlan) {
    switch alert.detector {
    case .threshold(let direction, let levels):
      self.init(
        direction: direction == .above ? .above : .below,
        levels: levels.map { Level(severity: Severity($0.severity), threshold: $0.value) },
        minimumWeight: Int(clamping: alert.minimumSamples))
    }
  }
}

extension Severity {
  fileprivate init(_ severity: AlertPlan.Severity) {
    switch severity {
    case .info: self = .info
    case .warning: self = .warning
    case .critical: self = .critical
    }
  }
}
