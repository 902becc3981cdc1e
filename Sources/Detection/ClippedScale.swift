/// A robust scale in constant space: the mean of absolute residuals, each clipped at three times the scale so far, so that
/// the first incident does not hide the second one.
struct ClippedScale: Sendable, Hashable {
  /// The mean absolute residual, 0 before the first one that was not 0.
  private(set) var mean: Float = 0
  private(set) var count: Float = 0

  static let clip: Double = 3
  /// Of a normal distribution: its standard deviation over its mean absolute deviation, √(π/2).
  private static let normal = 1.2533

  init() {}

  init(mean: Float, count: Float) {
    (self.mean, self.count) = (mean, count)
  }

  /// In standard deviations of a normal distribution with this scale.
  var deviation: Double { Double(mean) * Self.normal }

  /// A residual of 0 teaches nothing: in a sparse count one event must not be infinitely far from the zeros around it.
  ///
  /// - Parameter memory: over how many residuals it reaches back.
  mutating func learn(_ residual: Double, memory: Double) {
    let size = abs(residual)
    guard size > 0, size.isFinite else { return }
    count = Float(min(Double(count) + 1, memory))
    let bounded = mean > 0 ? min(size, Self.clip * Double(mean)) : size
    mean += Float((bounded - Double(mean)) / Double(count))
  }
}
