/// What a detector finds wrong with a sample.
public struct Finding: Sendable, Hashable {
  public var severity: Severity
  /// The limit that was passed: in the unit of the value where the detector has such a limit, else the level itself.
  public var threshold: Double
  /// What would have been usual; nil: the detector has no expectation.
  public var expected: Double?
  /// How sure it is that the value is none of the usual ones, 0 to 1; nil: a fixed limit says nothing about that.
  public var probability: Double?

  public init(severity: Severity, threshold: Double, expected: Double? = nil, probability: Double? = nil) {
    self.severity = severity
    self.threshold = threshold
    self.expected = expected
    self.probability = probability
  }
}

/// What a detector makes of one sample, whether or not anything is wrong with it.
public struct Judgement: Sendable, Hashable {
  /// How unusual the sample is, in the unit of the detector's levels (see `DetectorConfiguration.Method`); negative when
  /// the value is below what was expected, except for `adaptive`, whose score has no sign.
  public var score: Double
  public var expected: Double?
  public var finding: Finding?

  public init(score: Double, expected: Double? = nil, finding: Finding? = nil) {
    self.score = score
    self.expected = expected
    self.finding = finding
  }

  /// Nothing can be said yet, or of this sample.
  static let silent = Judgement(score: 0)
}
