/// One measured value of a closed window.
public struct Sample: Sendable, Hashable {
  /// What was measured; NaN: the window has no value. When there is a `fraction`, detectors take the value from it.
  public var value: Double
  /// How many events the value was computed from.
  public var weight: Int
  /// For a rate: what was counted and of how many, so that 3 of 5 is not taken for 300 of 500.
  public var fraction: Fraction?
  /// When the window begins, in microseconds since 1970 UTC.
  public var time: Int64

  public init(value: Double, weight: Int, fraction: Fraction? = nil, time: Int64 = 0) {
    self.value = value
    self.weight = weight
    self.fraction = fraction
    self.time = time
  }

  /// A part of a whole, e.g. failed of all downloads.
  public struct Fraction: Sendable, Hashable {
    public var numerator: Double
    public var denominator: Double

    /// nil when it is no part of a whole: not finite, nothing counted, or more than all.
    public init?(numerator: Double, denominator: Double) {
      guard numerator.isFinite, denominator.isFinite, denominator > 0, (0...denominator).contains(numerator) else {
        return nil
      }
      self.numerator = numerator
      self.denominator = denominator
    }

    public var ratio: Double { numerator / denominator }
  }

  /// What detectors judge: the ratio of a fraction, else the value, as near as a state can keep it.
  var measured: Double {
    let measured = fraction?.ratio ?? value
    return abs(measured) > Sample.largest && measured.isFinite
      ? (measured < 0 ? -Sample.largest : Sample.largest) : measured
  }

  /// States keep single precision, which ends at 3e38; eight of these are still a number.
  private static let largest = 1e36
}
