import Detection
import Dialects
import Plan
import Postgres
import SQLQuoting
import Storage

/// Keeps the forecasts of a stream's aggregates: learns windows that have closed since the last time, and says what is to
/// be expected. Predictions, keys' states and how far it came are committed together, so that whoever goes on after a
/// crash repeats and skips nothing.
///
/// Belongs to one thread, and to a connection that is elected: nobody else writes what it remembers. After an error it
/// reads everything anew.
final class ForecastKeeper {
  /// Windows that are learnt in one transaction, at most, and fewer where many keys would make more rows than that.
  private static let portionWindows: Int64 = 20
  private static let portionRows: Int64 = 20_000
  /// How far back new forecasts learn from what is stored, in microseconds before the watermark.
  private static let historyMicroseconds: Int64 = 8 * 86_400_000_000
  /// How long predictions are kept after the window that they are about, and how far back they are written when history
  /// is learnt.
  static let keptMicroseconds: Int64 = 2 * 86_400_000_000
  private static let toldMicroseconds: Int64 = 86_400_000_000

  private let connection: PostgresConnection
  private let writing: ForecastWriting
  private let plans: [AggregatePlan]
  private let forecasters: [ForecastSubject: Forecaster]
  private var journals: [ForecastSubject: ForecastJournal] = [:]
  private var hasRetired = false

  /// - Parameter aggregates: all of the stream.
  init(_ connection: PostgresConnection, aggregates: [AggregatePlan]) {
    self.connection = connection
    writing = ForecastWriting(connection)
    plans = aggregates
    var forecasters: [ForecastSubject: Forecaster] = [:]
    for plan in aggregates {
      guard let forecaster = plan.forecaster else { continue }
      for measure in plan.forecasts {
        forecasters[ForecastSubject(aggregate: plan.name, measure: measure)] = forecaster
      }
    }
    self.forecasters = forecasters
  }

  /// Learns windows of all aggregates that ended after the last time and not after the watermark, the oldest first. Asks
  /// the database nothing while no window has closed.
  ///
  /// - Parameter watermark: in microseconds since 1970.
  /// - Returns: whether more windows have closed than one portion holds.
  func update(watermark: Int64) throws(PostgresError) -> Bool {
    do throws(PostgresError) {
      try retire()
      return try learn(watermark)
    } catch {
      // What was remembered may be ahead of what is stored.
      journals = [:]
      throw error
    }
  }

  /// Forgets what is no longer forecast. Once for a keeper.
  private func retire() throws(PostgresError) {
    guard !hasRetired else { return }
    let pulse = connection.pulse
    let statements = plans.flatMap { plan in
      ["forecast_states", "forecast_progress"].map { table in
        PostgresStatement(
          "DELETE FROM \(pulse).\(table) WHERE aggregate = $1 AND measure <> ALL ($2::text[])",
          [.text(plan.name), .array(PostgresArray(texts: plan.forecasts))])
      }
    }
    if !statements.isEmpty { _ = try connection.pipeline(statements) }
    hasRetired = true
  }

  private func learn(_ watermark: Int64) throws(PostgresError) -> Bool {
    let unknown = forecasters.keys.filter { journals[$0] == nil }.sorted {
      ($0.aggregate, $0.measure) < ($1.aggregate, $1.measure)
    }
    if !unknown.isEmpty {
      journals.merge(try ForecastJournal.load(unknown, forecasters, connection)) { $1 }
    }
    var portions: [ForecastPortion] = []
    var hasMore = false
    for plan in plans {
      for measure in plan.forecasts {
        guard
          let portion = try portion(ForecastSubject(aggregate: plan.name, measure: measure), of: plan, watermark)
        else { continue }
        hasMore = hasMore || portion.until + portion.forecaster.step <= watermark
        portions.append(portion)
      }
    }
    guard !portions.isEmpty else { return false }

    var statements = [PostgresStatement("SELECT (extract(epoch FROM now()) * 1000000)::bigint")]
    for portion in portions {
      let beginnings = portion.beginnings
      statements.append(
        PostgresStatement(
          portion.plan.forecastRows(of: portion.subject.measure, pulse: connection.pulse),
          [
            .timestamptz(microseconds: beginnings.after), .timestamptz(microseconds: beginnings.until),
            .bigint(Int64(max(0, ForecastJournal.maximumKeys - portion.journal.keys.count))),
          ]))
    }
    let results = try connection.pipeline(statements)
    guard results.count == statements.count, let now = results[0].integer(0, 0) else { return false }
    for index in portions.indices { portions[index].learn(results[index + 1]) }
    try writing.write(portions, now: now)
    for portion in portions {
      var journal = portion.journal
      journal.lookedAt = now
      journals[portion.subject] = journal
    }
    return hasMore
  }

  /// What of a subject is to be learnt now; nil: nothing.
  private func portion(
    _ subject: ForecastSubject, of plan: AggregatePlan, _ watermark: Int64
  ) throws(PostgresError) -> ForecastPortion? {
    guard let forecaster = forecasters[subject], let journal = journals[subject] else { return nil }
    let step = forecaster.step
    // The end of the newest window that has closed; a day is divided into windows, and so is the time since 1970.
    let newest = watermark.floored(to: step)
    let earliest = newest - Self.historyMicroseconds
    var from = max(journal.until ?? earliest, earliest)
    guard newest > from else { return nil }
    let keys = Int64(max(journal.keys.count, 50) * forecaster.horizonLengths.count)
    let windows = max(1, min(Self.portionWindows, Self.portionRows / keys))
    if newest - from > windows * step {
      // Times without windows are passed over.
      guard let start = try firstWindow(of: plan, after: from - step), start < newest else {
        return makePortion(newest..<newest)
      }
      from = max(from, start)
    }
    return makePortion(from..<min(newest, from + windows * step))

    func makePortion(_ range: Range<Int64>) -> ForecastPortion {
      ForecastPortion(
        plan: plan, subject: subject, forecaster: forecaster, journal: journal, windows: range,
        toldFrom: newest - Self.toldMicroseconds)
    }
  }

  private func firstWindow(of plan: AggregatePlan, after time: Int64) throws(PostgresError) -> Int64? {
    try connection.query(
      """
      SELECT (extract(epoch FROM min(window_start)) * 1000000)::bigint FROM \(quotedIdentifier(plan.tableName))
      WHERE window_start > $1::timestamptz
      """, [.timestamptz(microseconds: time)]
    ).integer(0, 0)
  }

  /// Removes predictions about windows that are long over, in bounded portions.
  ///
  /// - Returns: how many; fewer than `portion` are the last.
  static func removePortion(
    of plan: AggregatePlan, before watermark: Int64, _ portion: Int64, _ connection: PostgresConnection
  ) throws(PostgresError) -> Int {
    try connection.query(
      """
      DELETE FROM trending_predictions WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM trending_predictions WHERE aggregate = $1 AND window_start < $2::timestamptz LIMIT $3))
      """,
      [.text(plan.name), .timestamptz(microseconds: watermark - keptMicroseconds), .bigint(portion)]
    ).affectedRows
  }
}
