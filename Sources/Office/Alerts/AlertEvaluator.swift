import Detection
import Dialects
import Observability
import Plan
import Postgres
import SQLQuoting

/// Judges windows that have closed since the last time: how far it came and what it raised are committed together.
struct AlertEvaluator {
  /// Windows that are judged in one transaction, by their length: what is behind is caught up with in portions.
  private static let portionWindows = 20

  private let connection: PostgresConnection
  private let cluster: String

  init(_ connection: PostgresConnection, cluster: String) {
    self.connection = connection
    self.cluster = cluster
  }

  /// What one portion has come to.
  struct Outcome {
    /// What was raised; each alert once per key and window, whatever is evaluated again.
    var raised: [Observation]
    /// More windows have closed than one portion holds.
    var hasMore: Bool
  }

  /// Evaluates windows that ended after the last evaluation and not after the watermark, the oldest of them first.
  ///
  /// An alert that has never been evaluated, on any cluster, begins at the present watermark: what is stored already is
  /// history. `Migrator` enters where those begin that are defined before the stream is read.
  func evaluate(_ alert: AlertPlan, watermark: String) throws(PostgresError) -> Outcome {
    let portion = try connection.query(
      """
      WITH last AS (
        SELECT coalesce(max(evaluated_until) FILTER (WHERE cluster = $2), max(evaluated_until), $3::timestamptz) AS until,
               count(*) FILTER (WHERE cluster = $2) = 0 AS is_new
        FROM \(connection.pulse).alert_progress WHERE alert = $1),
      next AS (
        SELECT greatest(last.until, coalesce(
          (SELECT min(window_start) FROM \(quotedIdentifier(alert.watched.tableName))
           WHERE window_start > last.until - \(alert.window.longestSQL)), 'infinity')) AS start
        FROM last)
      SELECT last.until::text, least($3::timestamptz, next.start + $4 * \(alert.window.longestSQL))::text,
             $3::timestamptz > next.start + $4 * \(alert.window.longestSQL), last.until < $3::timestamptz OR is_new
      FROM last, next
      """,
      [.text(alert.name), .text(cluster), .text(watermark), .doublePrecision(Double(AlertEvaluator.portionWindows))])
    guard portion.boolean(0, 3) == true, let from = portion[0, 0], let until = portion[0, 1] else {
      return Outcome(raised: [], hasMore: false)
    }
    let rows = try connection.query(alert.statement.text, [.text(from), .text(until)])
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
        INSERT INTO \(connection.pulse).alert_progress (alert, cluster, evaluated_until) VALUES ($1, $2, $3::timestamptz)
        ON CONFLICT (alert, cluster) DO UPDATE SET evaluated_until = excluded.evaluated_until, updated_at = now()
        """, [.text(alert.name), .text(cluster), .text(until)]))
    let results = try connection.pipeline(statements)
    // An alert that existed already has inserted nothing and is not announced again.
    return Outcome(
      raised: zip(raised, results).filter { $0.1.affectedRows > 0 }.map(\.0), hasMore: portion.boolean(0, 2) == true)
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
