/// Which detector watches a value, on which side, and from which levels on it reports.
public struct DetectorConfiguration: Sendable, Hashable {
  public enum Direction: Sendable, Hashable, CaseIterable {
    case above
    case below
    case both
  }

  /// A severity and the score beyond which it is reported.
  public struct Level: Sendable, Hashable {
    public var severity: Severity
    public var threshold: Double

    public init(severity: Severity, threshold: Double) {
      self.severity = severity
      self.threshold = threshold
    }
  }

  /// The season whose parts have an expectation each.
  public enum Season: Sendable, Hashable, CaseIterable {
    case hourOfDay
    case hourOfWeek

    var parts: Int { self == .hourOfDay ? 24 : 168 }
  }

  public enum Method: Sendable, Hashable {
    /// The value itself; levels are limits of the value.
    case threshold
    /// Distance to the mean of the last windows; levels in their standard deviations.
    case rollingZ(windows: Int)
    /// Distance of an exponentially weighted mean from the long-term level; levels in standard deviations of that mean.
    /// `weight` is that of the newest window (Roberts' λ).
    case ewma(weight: Double)
    /// Sum of the distances beyond `slack`; slack and levels in standard deviations of a window (Page's k and h).
    case cusum(slack: Double)
    /// Distance to the median of the last windows; levels in median absolute deviations, made comparable with standard
    /// deviations.
    case median(windows: Int)
    /// Distance to what is usual in this hour (UTC); levels in standard deviations.
    case seasonal(Season)
    /// Change since the window before, relative to it: 0.5 is half more, -0.5 half less.
    case change
    /// Needs no tuning: what short past, slow level and time of day agree on; levels are scores from 0 to 1.
    case adaptive
  }

  public var method: Method
  public var direction: Direction
  /// Any order; the most severe one that is passed is reported. In `adaptive` they may be empty: then the standard ones.
  public var levels: [Level]
  /// Samples of fewer events say too little: they are neither reported nor learnt from.
  public var minimumWeight: Int

  public init(_ method: Method, direction: Direction = .both, levels: [Level] = [], minimumWeight: Int = 0) {
    self.method = method
    self.direction = direction
    self.levels = levels
    self.minimumWeight = minimumWeight
  }

  /// Windows that a detector can remember: as many as fit in a state of 1 KB.
  public static let rememberedWindows = 3...240

  /// What is wrong with it, in words for the one who wrote it, or nil.
  public var problem: String? {
    switch method {
    case .rollingZ(let windows), .median(let windows):
      if !Self.rememberedWindows.contains(windows) {
        let range = Self.rememberedWindows
        return "a detector remembers \(range.lowerBound) to \(range.upperBound) windows, not \(windows)"
      }
    case .ewma(let weight):
      if !(weight > 0 && weight <= 1) {
        return "the weight of the newest window is above 0 and at most 1, not \(weight)"
      }
    case .cusum(let slack):
      if !(slack >= 0 && slack.isFinite) { return "the slack is 0 or more standard deviations, not \(slack)" }
    case .threshold:
      if direction == .both { return "a threshold is above or below" }
    case .seasonal, .change, .adaptive: break
    }
    if levels.contains(where: { !$0.threshold.isFinite }) { return "a level is a number" }
    if method != .threshold, levels.contains(where: { $0.threshold <= 0 }) { return "a level is above 0" }
    if method == .adaptive, levels.contains(where: { $0.threshold > 1 }) { return "a level of adaptive is at most 1" }
    if method != .adaptive, levels.isEmpty { return "there is no level" }
    return nil
  }
}
