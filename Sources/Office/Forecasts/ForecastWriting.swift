import Plan
import Postgres
import Storage

/// Writes down what has been learnt: predictions, what came of earlier ones, keys' states, and how far it is.
struct ForecastWriting {
  /// Windows before the newest one whose late events still correct what came.
  static let revisedMicroseconds: Int64 = 3_600_000_000
  private static let revisedWindows: Int64 = 8

  private let connection: PostgresConnection

  init(_ connection: PostgresConnection) {
    self.connection = connection
  }

  /// In one transaction, which is one round trip.
  ///
  /// - Parameter now: when the windows were read, by the database's clock.
  func write(_ portions: [ForecastPortion], now: Int64) throws(PostgresError) {
    _ = try connection.pipeline(
      portions.flatMap { portion in
        [insertion(of: portion), actuals(of: portion), states(of: portion)]
          + (portion.forgotten.isEmpty ? [] : [deletion(of: portion)]) + [progress(of: portion, now)]
      })
  }

  private func insertion(of portion: ForecastPortion) -> PostgresStatement {
    var keys = PostgresArray(.text)
    var (made, starts) = (PostgresArray(.timestamptz), PostgresArray(.timestamptz))
    var horizons = PostgresArray(.doublePrecision)
    var numbers = Array(repeating: PostgresArray(.doublePrecision), count: 5)
    for prediction in portion.predictions {
      let forecast = prediction.forecast
      keys.append(prediction.key)
      made.append(prediction.madeAt)
      starts.append(forecast.time)
      horizons.append(Double(forecast.horizon) / 1_000_000)
      let values = [
        forecast.expected, forecast.likely.lowerBound, forecast.likely.upperBound, forecast.nearlySure.lowerBound,
        forecast.nearlySure.upperBound,
      ]
      for (place, value) in values.enumerated() { numbers[place].append(value) }
    }
    return PostgresStatement(
      """
      INSERT INTO trending_predictions (aggregate, measure, key, made_at, horizon, window_start, expected, low80, high80,
        low95, high95)
      SELECT $1, $2, d.key::jsonb, d.made_at, make_interval(secs => d.horizon), d.window_start, d.expected, d.low80,
             d.high80, d.low95, d.high95
      FROM unnest($3::text[], $4::timestamptz[], $5::timestamptz[], $6::float8[], $7::float8[], $8::float8[],
                  $9::float8[], $10::float8[], $11::float8[])
        AS d (key, made_at, window_start, horizon, expected, low80, high80, low95, high95)
      ON CONFLICT (aggregate, window_start, measure, key, horizon) DO NOTHING
      """,
      [
        .text(portion.subject.aggregate), .text(portion.subject.measure), .array(keys), .array(made), .array(starts),
        .array(horizons),
      ] + numbers.map { .array($0) })
  }

  private func actuals(of portion: ForecastPortion) -> PostgresStatement {
    let beginnings = portion.beginnings
    let reach = max(Self.revisedMicroseconds, Self.revisedWindows * portion.forecaster.step)
    return PostgresStatement(
      portion.plan.forecastActuals(of: portion.subject.measure),
      [
        .timestamptz(microseconds: beginnings.after), .timestamptz(microseconds: beginnings.until),
        .timestamptz(microseconds: beginnings.after - reach),
        .timestamptz(microseconds: RevisedRows.since(portion.journal.lookedAt)),
      ])
  }

  private func states(of portion: ForecastPortion) -> PostgresStatement {
    var keys = PostgresArray(.text)
    var newest = PostgresArray(.timestamptz)
    var states = PostgresArray(.bytea)
    for key in portion.changed.sorted() {
      guard let state = portion.journal.keys[key] else { continue }
      keys.append(key)
      newest.append(state.lastTime ?? 0)
      state.encoded(for: portion.forecaster).withUnsafeBufferPointer { states.append(bytes: $0) }
    }
    return PostgresStatement(
      """
      INSERT INTO \(connection.pulse).forecast_states (aggregate, measure, key, last_window, state)
      SELECT $1, $2, d.key::jsonb, d.last_window, d.state
      FROM unnest($3::text[], $4::timestamptz[], $5::bytea[]) AS d (key, last_window, state)
      ON CONFLICT (aggregate, measure, key) DO UPDATE SET last_window = excluded.last_window, state = excluded.state
      """,
      [
        .text(portion.subject.aggregate), .text(portion.subject.measure), .array(keys), .array(newest), .array(states),
      ])
  }

  private func deletion(of portion: ForecastPortion) -> PostgresStatement {
    PostgresStatement(
      """
      DELETE FROM \(connection.pulse).forecast_states AS s USING unnest($3::text[]) AS d (key)
      WHERE s.aggregate = $1 AND s.measure = $2 AND s.key = d.key::jsonb
      """,
      [
        .text(portion.subject.aggregate), .text(portion.subject.measure),
        .array(PostgresArray(texts: portion.forgotten)),
      ])
  }

  private func progress(of portion: ForecastPortion, _ now: Int64) -> PostgresStatement {
    PostgresStatement(
      """
      INSERT INTO \(connection.pulse).forecast_progress (aggregate, measure, learnt_until, looked_at)
      VALUES ($1, $2, $3, $4)
      ON CONFLICT (aggregate, measure) DO UPDATE
      SET learnt_until = excluded.learnt_until, looked_at = excluded.looked_at, updated_at = now()
      """,
      [
        .text(portion.subject.aggregate), .text(portion.subject.measure),
        .timestamptz(microseconds: portion.until), .timestamptz(microseconds: now),
      ])
  }
}
