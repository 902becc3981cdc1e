import Events
import Glibc

/// Forecasts windows of one length: a pure function from the state of a key and its next value to the next state and what
/// is to be expected. It knows no clock and keeps nothing; one forecaster serves all keys.
///
/// What is expected is what is usual at the time of day, and a part of how far the key has been from that lately: additive
/// exponential smoothing with a season (Hyndman and Athanasopoulos, Forecasting: Principles and Practice, chapter 8), but
/// for each horizon the part is learnt from its own errors, by recursive least squares. The bands are quantiles of the
/// errors at that horizon, tracked as they come (Gibbs and Candès, Adaptive Conformal Inference Under Distribution Shift,
/// 2021; Angelopoulos, Candès and Tibshirani, Conformal PID Control for Time Series Prediction, 2023): a band that has
/// missed too often becomes wider, whatever the errors are distributed like.
public struct Forecaster: Sendable {
  /// Horizons that there may be, in microseconds: 5, 15 and 60 minutes and a day. Of windows longer than that those are
  /// left out that are shorter than a window.
  public static let horizons: [Int64] = [300, 900, 3600, 86_400].map { $0 * 1_000_000 }
  static let microsecondsPerDay: Int64 = 86_400_000_000
  /// A larger number is none of a measure's, and eight of these are still one.
  private static let largest = 1e30

  /// From one window to the next, in microseconds.
  public let step: Int64
  let horizons: [Horizon]

  /// nil: no horizon has room for a window. A window that begins every `step` microseconds.
  public init?(step: Int64) {
    guard step > 0, step <= Self.microsecondsPerDay, Self.microsecondsPerDay % step == 0 else { return nil }
    self.step = step
    horizons = Self.horizons.filter { $0 % step == 0 }.map { Horizon(microseconds: $0, step: step) }
  }

  /// When the window begins that holds a time; both in microseconds since 1970 UTC.
  public func windowStart(of time: Int64) -> Int64 { time.floored(to: step) }

  /// How far ahead it looks, in microseconds.
  public var horizonLengths: [Int64] { horizons.map(\.microseconds) }

  /// Whether windows that begin every `step` microseconds can be forecast.
  public static func takes(step: Int64) -> Bool { Forecaster(step: step) != nil }

  /// Learns from the value of a window. Windows of a key are given in their order, each once; those that have no value are
  /// left out, and teach nothing.
  ///
  /// - Parameters:
  ///   - value: one that is no number teaches nothing.
  ///   - time: the window's beginning, in microseconds since 1970 UTC. Not after the newest one: it is left out.
  public func learn(_ state: inout ForecastState, _ value: Double, at time: Int64) {
    guard value.isFinite, time.magnitude < Int64.max / 4, state.lastTime.map({ time > $0 }) ?? true else { return }
    let value = max(-Self.largest, min(Self.largest, value))
    let index = index(of: time)
    let before = state.lastTime.map { self.index(of: $0) }
    guard before.map({ index > $0 }) ?? true else { return }
    if state.horizons.count != horizons.count { state = ForecastState(for: self) }
    if value < 0 { state.hasNegative = true }
    if state.shape.advance(to: time, step: step, scale: state.residual) { state.beginSeason(horizons) }

    for (place, horizon) in horizons.enumerated() {
      check(&state, place, horizon, value, time, index)
    }
    if let before { state.fade(over: index - before - 1) }
    state.lastTime = time
    state.learn(value, at: time, step: step)
    for (place, horizon) in horizons.enumerated() {
      if let before { state.horizons[place].forget(passed: before + 1..<index, horizon) }
      guard index % horizon.stride == 0 else { continue }
      let expected = horizon.isSeason ? state.shape.expected(at: time + horizon.microseconds, step: step) : 0
      let note = expected.map { HorizonMemory.Note(fast: state.fast, slow: state.slow, season: Float($0)) }
      state.horizons[place].keep(note, at: index, horizon)
    }
  }

  /// What is expected of the windows at each horizon after the newest one. Nothing of a horizon whose errors are not known
  /// yet: that takes some windows, of a day ahead a day and a part of one.
  public func forecasts(_ state: ForecastState) -> [Forecast] {
    guard let last = state.lastTime, state.horizons.count == horizons.count else { return [] }
    return horizons.enumerated().compactMap { place, horizon in
      let memory = state.horizons[place]
      let time = last + horizon.microseconds
      guard memory.checked >= Float(horizon.fewestChecks), let season = season(state, at: time, horizon) else {
        return nil
      }
      let expected = state.possible(
        season + memory.correction(fast: Double(state.fast), slow: Double(state.slow)))
      let unit = state.unit(of: expected) * Double(memory.scale.mean) * memory.widening(horizon)
      let ends = memory.quantiles.map { state.possible(expected + Double($0) * unit) }
      return Forecast(
        horizon: horizon.microseconds, time: time, expected: expected,
        likely: min(expected, ends[1])...max(expected, ends[2]),
        nearlySure: min(expected, ends[0], ends[1])...max(expected, ends[2], ends[3]))
    }
  }

  /// What is usual at a time: before a day has passed it is the mean, which is no help for a time a day ahead.
  private func season(_ state: ForecastState, at time: Int64, _ horizon: Horizon) -> Double? {
    state.shape.expected(at: time, step: step) ?? (horizon.isSeason ? nil : Double(state.mean))
  }

  /// Compares a value with what was expected of it, and learns from that.
  private func check(
    _ state: inout ForecastState, _ place: Int, _ horizon: Horizon, _ value: Double, _ time: Int64, _ index: Int64
  ) {
    let made = index - horizon.steps
    let noted = made.floored(to: horizon.stride)
    let note = state.horizons[place].note(at: noted, horizon)
    guard var expected = season(state, at: time, horizon) else { return }
    if let note {
      if horizon.isSeason,
        let now = state.shape.expected(at: time - (made - noted) * step, step: step)
      {
        // As it was known then; since then the day has been learnt anew.
        expected += Double(note.season) - now
      }
    } else if !horizon.isSeason {
      return
    }
    let season = expected
    if let note {
      expected += state.horizons[place].correction(fast: Double(note.fast), slow: Double(note.slow))
    }
    expected = state.possible(expected)
    state.horizons[place].learn(
      error: ForecastState.difference(value, expected), unit: state.unit(of: expected), horizon)
    guard let note, noted == made else { return }
    let unit = state.innovation.mean > 0 ? Double(state.innovation.mean) : 1
    state.horizons[place].weigh(
      note, residual: (value - season) / unit, unit: unit, bound: state.unit(of: expected) / unit)
  }

  private func index(of time: Int64) -> Int64 { time.flooredQuotient(step) }
}
