/// A detector of one configuration: a pure function from the state of a key and its next sample to the next state and a
/// judgement. It knows no clock and keeps nothing; one detector serves all keys.
public struct Detector: Sendable {
  public let configuration: DetectorConfiguration
  let scale: LevelScale

  /// - Parameter configuration: one without a `problem`.
  public init(_ configuration: DetectorConfiguration) {
    self.configuration = configuration
    var levels = configuration.levels
    if configuration.method == .adaptive, levels.isEmpty { levels = AdaptiveDetector.standardLevels }
    scale = LevelScale(levels, direction: configuration.direction)
  }

  /// Judges the next sample of a key and learns from it. Samples of a key are given in the order of their windows, each
  /// once; a window that is judged again is judged with a copy of the state from before it.
  ///
  /// A sample without a value, and one of too few events, is judged silently and teaches nothing.
  ///
  /// - Parameter state: one made or decoded for the same configuration; another one is begun anew.
  public func step(_ state: inout DetectorState, _ sample: Sample) -> Judgement {
    let last = state.lastTime
    state.lastTime = sample.time
    let isTaken = sample.measured.isFinite && sample.weight >= configuration.minimumWeight
    if !isTaken, configuration.method != .adaptive { return .silent }
    switch configuration.method {
    case .threshold:
      return scale.judgement(score: sample.measured, limit: { $0 })
    case .rollingZ, .median:
      guard case .window(var window) = state.takeMemory(configuration) else { return .silent }
      defer { state.memory = .window(window) }
      return window.step(sample, by: configuration.method, scale)
    case .ewma(let weight):
      guard case .chart(var chart) = state.takeMemory(configuration) else { return .silent }
      defer { state.memory = .chart(chart) }
      return chart.stepWeighted(sample, weight: weight, scale)
    case .cusum(let slack):
      guard case .chart(var chart) = state.takeMemory(configuration) else { return .silent }
      defer { state.memory = .chart(chart) }
      return chart.stepSum(sample, slack: slack, scale)
    case .seasonal(let season):
      guard case .season(var profile) = state.takeMemory(configuration) else { return .silent }
      defer { state.memory = .season(profile) }
      return profile.step(sample, season, scale)
    case .change:
      guard case .chart(var chart) = state.takeMemory(configuration) else { return .silent }
      defer { state.memory = .chart(chart) }
      return chart.stepChange(sample, scale)
    case .adaptive:
      guard case .adaptive(var memory) = state.takeMemory(configuration) else { return .silent }
      defer { state.memory = .adaptive(memory) }
      let judged = AdaptiveDetector.step(&memory, isTaken ? sample : nil, at: sample.time, since: last)
      return scale.judgement(of: judged, sample)
    }
  }
}
