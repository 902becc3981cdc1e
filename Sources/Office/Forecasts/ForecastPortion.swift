import Detection
import Plan
import Postgres

/// Windows of one subject that are learnt together, and what has come of it.
struct ForecastPortion {
  let plan: AggregatePlan
  let subject: ForecastSubject
  let forecaster: Forecaster
  var journal: ForecastJournal
  /// Windows that end after one and not after the other, in microseconds since 1970.
  let from: Int64
  let until: Int64
  /// Forecasts that were made before are of the past, and not written.
  let toldFrom: Int64
  private(set) var predictions: [Prediction] = []
  private(set) var changed: Set<String> = []
  private(set) var forgotten: [String] = []

  struct Prediction {
    var key: String
    var madeAt: Int64
    var forecast: Forecast
  }

  init(
    plan: AggregatePlan, subject: ForecastSubject, forecaster: Forecaster, journal: ForecastJournal,
    windows: Range<Int64>, toldFrom: Int64
  ) {
    self.plan = plan
    self.subject = subject
    self.forecaster = forecaster
    self.journal = journal
    from = windows.lowerBound
    until = windows.upperBound
    self.toldFrom = toldFrom
  }

  /// When its windows begin: after one and not after the other.
  var beginnings: (after: Int64, until: Int64) { (from - forecaster.step, until - forecaster.step) }

  /// Learns the rows of `AggregatePlan.forecastRows`, which are in the order of their windows.
  mutating func learn(_ rows: PostgresResult) {
    for row in 0..<rows.rowCount {
      // A window without a value teaches nothing; forecasts of it are those made before.
      guard let start = rows.integer(row, 1), let value = rows.double(row, 2), value.isFinite else { continue }
      let key = rows[row, 0] ?? "{}"
      guard journal.keys[key] != nil || journal.keys.count < ForecastJournal.maximumKeys else { continue }
      var state = journal.keys[key] ?? ForecastState(for: forecaster)
      guard state.lastTime ?? .min < start else { continue }
      forecaster.learn(&state, value, at: start)
      journal.keys[key] = state
      changed.insert(key)
      guard start >= toldFrom else { continue }
      for forecast in forecaster.forecasts(state) {
        predictions.append(Prediction(key: key, madeAt: start, forecast: forecast))
      }
    }
    forgotten = journal.forget(before: until, step: forecaster.step)
    changed.subtract(forgotten)
    journal.until = until
  }
}
