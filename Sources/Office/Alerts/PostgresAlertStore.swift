import Dialects
import Plan
import Postgres
import SQLQuoting

/// The evaluation's database as it is in production.
final class PostgresAlertStore: AlertStore {
  private let connection: PostgresConnection
  private let cluster: String
  private let writing: AlertWriting
  private let causes: CauseSearch

  init(
    _ connection: PostgresConnection, cluster: String, stream: String, alerts: [AlertPlan], aggregates: [AggregatePlan]
  ) {
    self.connection = connection
    self.cluster = cluster
    writing = AlertWriting(connection, cluster: cluster, stream: stream, alerts: alerts)
    causes = CauseSearch(connection, aggregates)
  }

  func load(_ alerts: [AlertPlan], watermark: Int64) throws(PostgresError) -> [String: AlertJournal] {
    try AlertJournal.load(alerts, connection, cluster: cluster, watermark: watermark)
  }

  func firstWindow(of alert: AlertPlan, after time: Int64) throws(PostgresError) -> Int64? {
    try alert.firstWindow(after: time, connection)
  }

  func read(_ portions: [Portion]) throws(PostgresError) -> (windows: [[ClosedWindow]], now: Int64?) {
    var statements = [PostgresStatement("SELECT (extract(epoch FROM now()) * 1000000)::bigint")]
    statements += portions.map { portion in
      PostgresStatement(
        portion.alert.statement.text,
        [
          .timestamptz(microseconds: portion.journal.until), .timestamptz(microseconds: portion.until),
          .timestamptz(microseconds: portion.revisedSince),
        ])
    }
    let results = try connection.pipeline(statements)
    return (results.dropFirst().map { ClosedWindow.all($0) }, results.first?.integer(0, 0))
  }

  func counts(of alert: AlertPlan, in time: Range<Int64>) throws(PostgresError) -> [Int64: Double] {
    let rows = try connection.query(
      """
      SELECT (extract(epoch FROM window_start) * 1000000)::bigint,
             \(alert.watched.countColumn.map { "sum(\(quotedIdentifier($0)))" } ?? "count(*)")
      FROM \(quotedIdentifier(alert.watched.tableName))
      WHERE window_start >= $1::timestamptz AND window_start < $2::timestamptz GROUP BY 1
      """, [.timestamptz(microseconds: time.lowerBound), .timestamptz(microseconds: time.upperBound)])
    var counts: [Int64: Double] = [:]
    for row in 0..<rows.rowCount { counts[rows.integer(row, 0) ?? 0] = rows.double(row, 1) }
    return counts
  }

  func cause(of alert: AlertPlan, key: String?, window: Range<Int64>) throws(PostgresError) -> String? {
    try causes.cause(of: alert, key: key, window: window)
  }

  func write(_ outcomes: [PortionOutcome], _ portions: [Portion]) throws(PostgresError) {
    try writing.write(outcomes, portions)
  }

  func retire(allBut names: [String]) throws(PostgresError) {
    try writing.retire(allBut: names)
  }
}
