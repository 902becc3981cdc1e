/// The detector that needs no tuning.
enum AdaptiveDetector {
  /// From 0 to 1; the same means the same in every series.
  struct Score {
    var score: Double
    var expected: Double?
  }

  /// Reported when an alert names no levels of its own.
  static let standardLevels: [DetectorConfiguration.Level] = [.init(severity: .warning, threshold: 0.5)]

  private static let fading: Float = 0.8
  private static let memory = 1000.0

  /// - Parameter sample: nil: the window has no value; what was found before fades.
  static func step(_ memory: inout AdaptiveMemory, _ sample: Sample?, at time: Int64) -> Score {
    memory.held *= fading
    guard let sample else { return Score(score: Double(memory.held), expected: nil) }
    let (value, expected) = (sample.measured, Double(memory.level))
    let width = memory.scale.deviation
    let distance = memory.count >= 16 && width > 0 ? abs(deviation(of: sample, from: expected, scale: width)) : 0
    memory.held = max(memory.held, Float(distance / (distance + 8)))
    let score = Score(score: Double(memory.held), expected: memory.count > 0 ? expected : nil)
    if memory.count > 0 { memory.scale.learn(value - expected, memory: self.memory) }
    memory.count = Float(min(Double(memory.count) + 1, 50))
    memory.level += Float((value - Double(memory.level)) / Double(memory.count))
    return score
  }
}
