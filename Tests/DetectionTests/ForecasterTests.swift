import Detection
import Testing

private let minute: Int64 = 60_000_000
private let day: Int64 = 24 * 60 * minute

@Suite struct ForecasterTests {
  /// What came and what had been expected of it, by horizon.
  private struct Judged {
    var errors = 0.0
    var naiveErrors = 0.0
    var count = 0
    var isIn95 = 0
    var isIn80 = 0
  }

  private func forecaster(_ step: Int64 = minute) throws -> Forecaster { try #require(Forecaster(step: step)) }

  /// Counts with the rhythm of a day, at 50 to 250 a minute.
  private func rhythm(days: Int, rowsPerDay: Int = 1440, seed: UInt64) -> [Double] {
    var noise = Noise(seed: seed)
    return (0..<days * rowsPerDay).map { row in
      let phase = Double(row % rowsPerDay) / Double(rowsPerDay)
      let mean = 150 * (1 + (2.0 / 3) * (phase < 0.5 ? 4 * phase - 1 : 3 - 4 * phase))
      return max(0, (mean + mean.squareRoot() * noise.normal()).rounded())
    }
  }

  /// Plays values, some of which may be missing, and compares what comes with what was expected.
  private func play(
    _ values: [Double?], step: Int64 = minute, from judgedFrom: Int = 0
  ) throws -> (judged: [Int64: Judged], state: ForecastState) {
    let forecaster = try forecaster(step)
    var state = ForecastState(for: forecaster)
    var judged: [Int64: Judged] = [:]
    var open: [Int64: [Forecast]] = [:]
    let rowsPerDay = Int(day / step)
    for (row, value) in values.enumerated() {
      guard let value else { continue }
      let time = Int64(row) * step
      for forecast in open.removeValue(forKey: time) ?? [] where row >= judgedFrom && row >= rowsPerDay {
        guard let naive = values[row - rowsPerDay] else { continue }
        var found = judged[forecast.horizon] ?? Judged()
        found.errors += abs(value - forecast.expected)
        found.naiveErrors += abs(value - naive)
        found.count += 1
        if forecast.nearlySure.contains(value) { found.isIn95 += 1 }
        if forecast.likely.contains(value) { found.isIn80 += 1 }
        judged[forecast.horizon] = found
      }
      forecaster.learn(&state, value, at: time)
      for forecast in forecaster.forecasts(state) { open[forecast.time, default: []].append(forecast) }
    }
    return (judged, state)
  }

  @Test("a rhythm is forecast better than by the day before, and bands hold what they promise, at each horizon")
  func rhythm() throws {
    let judged = try play(rhythm(days: 6, seed: 1)).judged
    #expect(judged.keys.sorted() == Forecaster.horizons)
    for (horizon, found) in judged {
      #expect(found.errors <= 0.8 * found.naiveErrors, "\(horizon): \(found)")
      let shares = (Double(found.isIn95) / Double(found.count), Double(found.isIn80) / Double(found.count))
      #expect((0.92...0.98).contains(shares.0), "\(horizon): \(shares)")
      #expect((0.74...0.92).contains(shares.1), "\(horizon): \(shares)")
    }
  }

  @Test("horizons are those that have room for a window")
  func horizons() throws {
    #expect(try forecaster(5 * minute).horizonLengths == [5, 15, 60, 1440].map { $0 * minute })
    #expect(try forecaster(60 * minute).horizonLengths == [60 * minute, day])
    #expect(try forecaster(day).horizonLengths == [day])
    #expect(try forecaster(10 * minute).horizonLengths == [60 * minute, day])
    for step in [0, -minute, 7 * minute, 2 * day] { #expect(!Forecaster.takes(step: step)) }
  }

  @Test("nothing is said before errors are known: of minutes ahead after some, of a day ahead when a day is known")
  func beginning() throws {
    let forecaster = try forecaster()
    let values = rhythm(days: 2, seed: 2)
    var state = ForecastState(for: forecaster)
    var first: [Int64: Int] = [:]
    for (row, value) in values.enumerated() {
      forecaster.learn(&state, value, at: Int64(row) * minute)
      for forecast in forecaster.forecasts(state) where first[forecast.horizon] == nil { first[forecast.horizon] = row }
    }
    #expect(try #require(first[5 * minute]) < 30)
    #expect(try #require(first[60 * minute]) < 120)
    #expect((1440...1600).contains(try #require(first[day])))
  }

  @Test(
    "a state is kept in at most a kilobyte, and goes on after decoding as it would have in memory",
    arguments: [1, 5, 60, 1440])
  func bytes(minutes: Int64) throws {
    let step = minutes * minute
    let forecaster = try forecaster(step)
    let values = rhythm(days: minutes == 1440 ? 400 : 4, rowsPerDay: Int(day / step), seed: 3)
    var (state, kept) = (ForecastState(for: forecaster), ForecastState(for: forecaster))
    for (row, value) in values.enumerated() {
      // A row that is missing now and then.
      guard row % 97 != 5 else { continue }
      forecaster.learn(&state, value, at: Int64(row) * step)
      forecaster.learn(&kept, value, at: Int64(row) * step)
      guard row % 53 == 0 else { continue }
      let bytes = kept.encoded(for: forecaster)
      #expect(bytes.count <= 1024)
      let decoded = ForecastState.decoded(bytes, for: forecaster)
      #expect(decoded.refusal == nil)
      kept = decoded.state
    }
    #expect(kept == state)
    #expect(forecaster.forecasts(kept) == forecaster.forecasts(state))
  }

  @Test("whatever bytes there are, it begins anew at worst")
  func hostileBytes() throws {
    let forecaster = try forecaster()
    let whole = try play(rhythm(days: 2, seed: 4)).state.encoded(for: forecaster)
    var noise = Noise(seed: 5)
    for trial in 0..<2000 {
      var bytes = whole
      for _ in 0...trial % 4 {
        let place = Int(abs(noise.normal()) * 1e6) % bytes.count
        bytes[place] = UInt8(truncatingIfNeeded: Int(noise.normal() * 1e6))
      }
      if trial % 5 == 0 { bytes.removeLast(trial % bytes.count) }
      var state = ForecastState.decoded(bytes, for: forecaster).state
      for row in 0..<20 { forecaster.learn(&state, Double(row), at: 3 * day + Int64(row) * minute) }
      for forecast in forecaster.forecasts(state) {
        #expect(forecast.nearlySure.contains(forecast.expected) || !forecast.expected.isFinite)
      }
    }
    #expect(ForecastState.decoded(whole + [0], for: forecaster).refusal == .tooLong)
    #expect(ForecastState.decoded(Array(whole.dropLast()), for: forecaster).refusal == .tooShort)
    #expect(ForecastState.decoded(whole, for: try self.forecaster(5 * minute)).refusal == .otherShape)
  }

  @Test("an outage of hours and a gap of a day do not spoil the days that follow")
  func outage() throws {
    var values: [Double?] = rhythm(days: 7, seed: 6)
    for row in 3 * 1440 + 600..<3 * 1440 + 720 { values[row] = 0 }
    for row in 4 * 1440 + 300..<5 * 1440 + 300 { values[row] = nil }
    let judged = try play(values, from: 5 * 1440 + 300 + 120).judged
    for (horizon, found) in judged {
      // The day before has what is missing here: only rows that it can be compared with count.
      #expect(found.count > 500)
      #expect(found.errors <= 0.9 * found.naiveErrors, "\(horizon): \(found)")
    }
  }

  @Test("what cannot be below zero is not expected to be, and what may be is")
  func signs() throws {
    var noise = Noise(seed: 7)
    let values = (0..<3000).map { _ in 2 * noise.normal() }
    let (negative, positive) = (try play(values), try play(values.map { max(0, $0) }))
    let forecaster = try forecaster()
    #expect(forecaster.forecasts(negative.state).allSatisfy { $0.nearlySure.lowerBound < 0 })
    #expect(forecaster.forecasts(positive.state).allSatisfy { $0.nearlySure.lowerBound >= 0 })
  }

  @Test("what is no number, and what comes twice or late, teaches nothing")
  func refused() throws {
    let forecaster = try forecaster()
    let state = try play(rhythm(days: 1, seed: 8)).state
    var changed = state
    for value in [Double.nan, .infinity] { forecaster.learn(&changed, value, at: 2 * day) }
    forecaster.learn(&changed, 5, at: try #require(state.lastTime))
    forecaster.learn(&changed, 5, at: 0)
    // The same window, by another time of it.
    forecaster.learn(&changed, 5, at: try #require(state.lastTime) + 1)
    #expect(changed == state)
    forecaster.learn(&changed, 1e300, at: 2 * day)
    forecaster.learn(&changed, -1e300, at: 2 * day + minute)
    #expect(forecaster.forecasts(changed).allSatisfy { $0.expected.isFinite })
  }
}
