/// A long-term level with its scale, and what a control chart makes of the distances to it.
struct ControlChart: Sendable, Hashable {
  private(set) var level: Float = 0
  /// Samples that the level was learnt from, at most `memory`.
  private(set) var count: Float = 0
  private(set) var scale = ClippedScale()
  /// EWMA: the weighted mean of the distances, in scales. CUSUM: the sum above.
  private(set) var upper: Float = 0
  /// CUSUM: the sum below.
  private(set) var lower: Float = 0

  /// Windows over which the level is learnt: slow against an incident, quick against a season.
  private static let memory = 240.0
  /// A chart says nothing before its level and scale rest on so many windows.
  private static let fewest: Float = 16
  /// A sum that went on for ever would take as long to come back.
  private static let largestSum = 1000.0
  private static let largestChange = 1e6

  init() {}

  init(level: Float, count: Float, scale: ClippedScale, upper: Float, lower: Float) {
    (self.level, self.count, self.scale, self.upper, self.lower) = (level, count, scale, upper, lower)
  }

  /// EWMA control chart (Roberts 1959): the weighted mean of the newest distances against its own standard deviation.
  mutating func stepWeighted(_ sample: Sample, weight: Double, _ levels: LevelScale) -> Judgement {
    guard let distance = distance(to: sample) else { return .silent }
    let mean = Double(upper) + weight * (distance - Double(upper))
    upper = Float(mean)
    let deviation = (weight / (2 - weight)).squareRoot()
    let (center, width) = (Double(level), deviation * scale.deviation)
    learn(sample.measured)
    return levels.judgement(deviation: mean / deviation, expected: center) { center + $0 * width }
  }

  /// CUSUM (Page 1954): what is beyond the slack adds up on each side, what is within it takes away.
  mutating func stepSum(_ sample: Sample, slack: Double, _ levels: LevelScale) -> Judgement {
    guard let distance = distance(to: sample) else { return .silent }
    upper = Float(min(max(0, Double(upper) + distance - slack), ControlChart.largestSum))
    lower = Float(min(max(0, Double(lower) - distance - slack), ControlChart.largestSum))
    let (center, width) = (Double(level), scale.deviation)
    learn(sample.measured)
    return levels.judgement(deviation: Double(upper >= lower ? upper : -lower), expected: center) {
      center + $0 * width
    }
  }

  /// The change since the window before, relative to it.
  mutating func stepChange(_ sample: Sample, _ levels: LevelScale) -> Judgement {
    defer {
      level = Float(sample.measured)
      count = 1
    }
    let before = Double(level)
    // From nothing, every change is infinite and says nothing.
    guard count > 0, before != 0 else { return .silent }
    let change = max(
      -ControlChart.largestChange, min(ControlChart.largestChange, (sample.measured - before) / abs(before)))
    return levels.judgement(change: change, from: before)
  }

  /// In scales; nil while the level is being learnt.
  private mutating func distance(to sample: Sample) -> Double? {
    guard count >= ControlChart.fewest, scale.mean > 0 else {
      learn(sample.measured)
      return nil
    }
    return deviation(of: sample, from: Double(level), scale: scale.deviation)
  }

  private mutating func learn(_ value: Double) {
    guard count > 0 else {
      (level, count) = (Float(value), 1)
      return
    }
    let residual = value - Double(level)
    scale.learn(residual, memory: ControlChart.memory)
    let bound = ClippedScale.clip * Double(scale.mean)
    count = Float(min(Double(count) + 1, ControlChart.memory))
    level += Float(max(-bound, min(bound, residual)) / Double(count))
  }
}
