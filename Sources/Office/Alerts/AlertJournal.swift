import Plan
import Postgres
import Storage

/// How far an alert has come, and what it remembers of its keys: as it is in the database, of which the elected instance is
/// the only writer.
package struct AlertJournal {
  /// Most keys that an alert remembers. Those of which nothing has come for longest go first.
  static let maximumKeys = 10_000
  /// A key of which nothing has come for so long is forgotten, and for no fewer windows than that.
  static let forgottenAfter: (microseconds: Int64, windows: Int64) = (7 * 86_400_000_000, 100)

  /// Windows that ended by then have been judged; in microseconds since 1970.
  package var until: Int64
  /// Of windows that ended by then nobody is told; nil: of all.
  package var toldFrom: Int64?
  /// When windows were read last, by the database's clock.
  package var lookedAt: Int64?
  /// Nothing is stored of it yet for this cluster.
  package var isNew: Bool
  package var keys: [String: KeyState]

  package init(until: Int64, toldFrom: Int64?, lookedAt: Int64?, isNew: Bool, keys: [String: KeyState]) {
    self.until = until
    self.toldFrom = toldFrom
    self.lookedAt = lookedAt
    self.isNew = isNew
    self.keys = keys
  }

  /// Reads all of it.
  ///
  /// - Parameter watermark: where an alert begins that has never been evaluated, on any cluster: what is stored already is
  ///   history, of which it takes as much as its `backfill` says. `Migrator` enters where those begin that are defined
  ///   before the stream is read.
  static func load(
    _ alerts: [AlertPlan], _ connection: PostgresConnection, cluster: String, watermark: Int64
  ) throws(PostgresError) -> [String: AlertJournal] {
    var statements: [PostgresStatement] = []
    for alert in alerts {
      statements.append(PostgresStatement(progress(connection), [.text(alert.name), .text(cluster)]))
      statements.append(
        PostgresStatement(
          "SELECT key::text, state FROM \(connection.pulse).alert_states WHERE alert = $1", [.text(alert.name)]))
    }
    let results = try connection.pipeline(statements)
    var journals: [String: AlertJournal] = [:]
    for (index, alert) in alerts.enumerated() where results.count == 2 * alerts.count {
      let (progress, states) = (results[2 * index], results[2 * index + 1])
      var keys: [String: KeyState] = [:]
      for row in 0..<states.rowCount {
        keys[states[row, 0] ?? "{}"] = KeyState(decoding: states.bytea(row, 1) ?? [], for: alert.detector)
      }
      let until = progress.integer(0, 0)
      journals[alert.name] = AlertJournal(
        until: until ?? watermark - alert.backfillMicroseconds,
        toldFrom: until == nil && alert.backfillMicroseconds > 0 ? watermark : progress.integer(0, 3),
        lookedAt: progress.integer(0, 2), isNew: progress.boolean(0, 1) ?? true, keys: keys)
    }
    return journals
  }

  /// Times before the first are as good as none.
  private static func progress(_ connection: PostgresConnection) -> String {
    func microseconds(_ time: String) -> String {
      """
      (extract(epoch FROM least(greatest(\(time), '1900-01-01T00:00:00Z'), '9999-01-01T00:00:00Z')) * 1000000)::bigint
      """
    }
    let latest = "coalesce(max(evaluated_until) FILTER (WHERE cluster = $2), max(evaluated_until))"
    return """
      SELECT CASE WHEN count(*) > 0 THEN \(microseconds(latest)) END, count(*) FILTER (WHERE cluster = $2) = 0,
             CASE WHEN count(looked_at) > 0 THEN \(microseconds("max(looked_at)")) END,
             CASE WHEN count(told_from) > 0 THEN \(microseconds("max(told_from)")) END
      FROM \(connection.pulse).alert_progress WHERE alert = $1
      """
  }

  /// Takes out the keys that are not to be remembered any more.
  ///
  /// - Returns: them, and what they were.
  mutating func forget(before time: Int64, step: Int64) -> [(key: String, state: KeyState)] {
    let horizon = time - max(Self.forgottenAfter.microseconds, Self.forgottenAfter.windows * step)
    var gone = keys.filter { $0.value.seen < horizon }.map { (key: $0.key, state: $0.value) }
    let excess = keys.count - gone.count - Self.maximumKeys
    if excess > 0 {
      let rest = keys.filter { $0.value.seen >= horizon }.sorted { ($0.value.seen, $0.key) < ($1.value.seen, $1.key) }
      gone += rest.prefix(excess).map { (key: $0.key, state: $0.value) }
    }
    for (key, _) in gone { keys[key] = nil }
    return gone
  }
}
