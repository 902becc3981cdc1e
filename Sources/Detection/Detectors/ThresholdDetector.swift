/// Finds values on the wrong side of a fixed limit. Stateless: each sample is judged on its own.
public struct ThresholdDetector: Sendable, Hashable {
  public typealias Direction = DetectorConfiguration.Direction
  public typealias Level = DetectorConfiguration.Level

  private let scale: LevelScale
  private let minimumWeight: Int

  /// - Parameters:
  ///   - levels: in any order; the most severe one that the value passes is reported.
  ///   - minimumWeight: samples of fewer events say too little and are never reported.
  public init(direction: Direction, levels: [Level], minimumWeight: Int) {
    scale = LevelScale(levels, direction: direction)
    self.minimumWeight = minimumWeight
  }

  /// A value equal to the limit has not passed it; neither has NaN.
  public func evaluate(_ sample: Sample) -> Finding? {
    guard sample.weight >= minimumWeight else { return nil }
    return scale.judgement(score: sample.value) { $0 }.finding
  }
}
