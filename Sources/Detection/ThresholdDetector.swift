/// How serious an alert is. The raw value is what users see.
public enum Severity: String, Sendable, Hashable, CaseIterable, Comparable {
  case info = "INFO"
  case warning = "WARNING"
  case critical = "CRITICAL"

  private var rank: Int {
    switch self {
    case .info: 0
    case .warning: 1
    case .critical: 2
    }
  }

  public static func < (left: Severity, right: Severity) -> Bool {
    left.rank < right.rank
  }
}

/// One measured value of a closed window.
public struct Sample: Sendable, Hashable {
  public var value: Double
  /// How many events the value was computed from.
  public var weight: Int

  public init(value: Double, weight: Int) {
    self.value = value
    self.weight = weight
  }
}

/// What a detector finds wrong with a sample.
public struct Finding: Sendable, Hashable {
  public var severity: Severity
  /// The limit that the value passed.
  public var threshold: Double

  public init(severity: Severity, threshold: Double) {
    self.severity = severity
    self.threshold = threshold
  }
}

/// Finds values on the wrong side of a fixed limit. Stateless: each sample is judged on its own.
public struct ThresholdDetector: Sendable, Hashable {
  public enum Direction: Sendable, Hashable {
    case above
    case below
  }

  public struct Level: Sendable, Hashable {
    public var severity: Severity
    public var threshold: Double

    public init(severity: Severity, threshold: Double) {
      self.severity = severity
      self.threshold = threshold
    }
  }

  private let direction: Direction
  private let levels: [Level]
  private let minimumWeight: Int

  /// - Parameters:
  ///   - levels: in any order; the most severe one that the value passes is reported.
  ///   - minimumWeight: samples of fewer events say too little and are never reported.
  public init(direction: Direction, levels: [Level], minimumWeight: Int) {
    self.direction = direction
    self.levels = levels.sorted { $0.severity > $1.severity }
    self.minimumWeight = minimumWeight
  }

  /// A value equal to the limit has not passed it; neither has NaN.
  public func evaluate(_ sample: Sample) -> Finding? {
    guard sample.weight >= minimumWeight else { return nil }
    let passed = levels.first { level in
      switch direction {
      case .above: sample.value > level.threshold
      case .below: sample.value < level.threshold
      }
    }
    return passed.map { Finding(severity: $0.severity, threshold: $0.threshold) }
  }
}
