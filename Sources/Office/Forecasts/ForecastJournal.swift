import Detection
import Plan
import Postgres

/// What is forecast of one aggregate.
struct ForecastSubject: Hashable {
  var aggregate: String
  var measure: String
}

/// How far forecasts of a subject have come, and what they remember of its keys: as it is in the database, of which the
/// elected instance is the only writer.
struct ForecastJournal {
  /// Most keys of a subject. Those that are there first stay; there is room again for each that is forgotten.
  static let maximumKeys = 1_000
  /// A key of which nothing has come for so long is forgotten, and for no fewer windows than that.
  private static let forgottenAfter: (microseconds: Int64, windows: Int64) = (7 * 86_400_000_000, 10)

  /// Windows that ended by then are learnt; in microseconds since 1970. nil: none is.
  var until: Int64?
  /// When windows were read last, by the database's clock.
  var lookedAt: Int64?
  var keys: [String: ForecastState]

  /// Reads all of it.
  static func load(
    _ subjects: [ForecastSubject], _ forecasters: [ForecastSubject: Forecaster], _ connection: PostgresConnection
  ) throws(PostgresError) -> [ForecastSubject: ForecastJournal] {
    let pulse = connection.pulse
    let results = try connection.pipeline(
      subjects.flatMap { subject in
        let parameters: [PostgresParameter] = [.text(subject.aggregate), .text(subject.measure)]
        return [
          PostgresStatement(
            """
            SELECT (extract(epoch FROM learnt_until) * 1000000)::bigint, (extract(epoch FROM looked_at) * 1000000)::bigint
            FROM \(pulse).forecast_progress WHERE aggregate = $1 AND measure = $2
            """, parameters),
          PostgresStatement(
            "SELECT key::text, state FROM \(pulse).forecast_states WHERE aggregate = $1 AND measure = $2", parameters),
        ]
      })
    var journals: [ForecastSubject: ForecastJournal] = [:]
    for (index, subject) in subjects.enumerated() where results.count == 2 * subjects.count {
      guard let forecaster = forecasters[subject] else { continue }
      let (progress, states) = (results[2 * index], results[2 * index + 1])
      var journal = ForecastJournal(until: nil, lookedAt: nil, keys: [:])
      if progress.rowCount > 0 { (journal.until, journal.lookedAt) = (progress.integer(0, 0), progress.integer(0, 1)) }
      for row in 0..<states.rowCount {
        // Of another version, or of windows of another length: it begins anew.
        journal.keys[states[row, 0] ?? "{}"] =
          ForecastState.decoded(states.bytea(row, 1) ?? [], for: forecaster).state
      }
      journals[subject] = journal
    }
    return journals
  }

  /// Takes out the keys that are not to be remembered any more.
  mutating func forget(before time: Int64, step: Int64) -> [String] {
    let horizon = time - max(Self.forgottenAfter.microseconds, Self.forgottenAfter.windows * step)
    let gone = keys.filter { $0.value.lastTime ?? .min < horizon }.map(\.key).sorted()
    for key in gone { keys[key] = nil }
    return gone
  }
}
