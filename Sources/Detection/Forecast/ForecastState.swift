import Glibc

/// What a forecaster remembers of one key. At most 1 KB when encoded, and the same after decoding to the last bit: whether
/// it was kept in memory or in a table makes no difference to any forecast.
public struct ForecastState: Sendable, Hashable {
  /// The time of the newest window, in microseconds since 1970 UTC; nil: there was none.
  public internal(set) var lastTime: Int64?
  var shape: DayShape
  /// How far the newest values are from what is usual: of about one of them, and of about twenty.
  var fast: Float = 0
  var slow: Float = 0
  /// Values that those were learnt from, at most as many as matter.
  var recent: Float = 0
  /// A mean, and the rows it was learnt from: what is usual before the time of day is known.
  var mean: Float = 0
  var count: Float = 0
  /// The mean absolute value of a week.
  var size: Float = 0
  var sized: Float = 0
  var hasNegative = false
  /// Of what differs from what is usual at the time of day, and of what differs from that lately.
  var residual = ClippedScale()
  var innovation = ClippedScale()
  var horizons: [HorizonMemory]

  private static let fastPart = 0.8
  private static let slowPart = 0.06
  private static let mostRecent: Float = 100
  private static let meanMemory: Float = 1000
  private static let residualMemory = 1000.0
  private static let innovationMemory = 300.0
  /// In mean innovations: an incident of a window does not move what is slow.
  private static let largestInnovation = 4.0
  /// Of the mean size: values below it stray no less.
  private static let leastSize = 0.05

  /// That of a key that nothing is known of.
  public init(for forecaster: Forecaster) {
    shape = DayShape(step: forecaster.step)
    horizons = forecaster.horizons.map(HorizonMemory.init)
  }

  /// A measure that has never been below zero will not be.
  func possible(_ value: Double) -> Double { hasNegative ? value : max(0, value) }

  /// What is less than single precision can keep is no difference: a series that does not move has none.
  static func difference(_ value: Double, _ expected: Double, of size: Double? = nil) -> Double {
    let difference = value - expected
    return abs(difference) <= leastDifference * abs(size ?? value) ? 0 : difference
  }

  private static let leastDifference = 1e-6

  /// How far values of that size stray, compared with others: counts, and much that is none, as the root of their size.
  func unit(of expected: Double) -> Double {
    guard !hasNegative, size > 0 else { return 1 }
    return max(expected, Self.leastSize * Double(size)).squareRoot()
  }

  /// From here on the time of day is known: what was learnt before is of another kind.
  mutating func beginSeason(_ forecasts: [Horizon]) {
    (fast, slow, recent) = (0, 0, 0)
    innovation = ClippedScale(mean: innovation.mean, count: min(innovation.count, 50))
    for (place, horizon) in forecasts.enumerated() { horizons[place].beginSeason(horizon) }
  }

  /// How far the key was from what is usual says less and less while no window of it comes.
  mutating func fade(over windows: Int64) {
    guard windows > 0 else { return }
    fast *= Float(pow(1 - Self.fastPart, Double(windows)))
    slow *= Float(pow(1 - Self.slowPart, Double(windows)))
  }

  mutating func learn(_ value: Double, at time: Int64, step: Int64) {
    count = min(count + 1, Self.meanMemory)
    mean += Float((value - Double(mean)) / Double(count))
    sized = min(sized + 1, Float(7 * Forecaster.microsecondsPerDay / step))
    size += Float((abs(value) - Double(size)) / Double(sized))
    let usual = shape.expected(at: time, step: step)
    let difference = Self.difference(value, usual ?? Double(mean))
    if usual != nil { residual.learn(difference, memory: Self.residualMemory) }
    recent = min(recent + 1, Self.mostRecent)
    fast += Float((difference - Double(fast)) * max(Self.fastPart, 1 / Double(recent)))
    let innovated = Self.difference(difference, Double(slow), of: value)
    innovation.learn(innovated, memory: Self.innovationMemory)
    let bound = innovation.mean > 0 ? Self.largestInnovation * Double(innovation.mean) : abs(innovated)
    slow += Float(max(-bound, min(bound, innovated)) * max(Self.slowPart, 1 / Double(recent)))
    shape.learn(value, residual: usual == nil ? nil : difference, step: step, scale: residual)
  }
}
