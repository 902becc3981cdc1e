/// An alert: a SELECT over the closed windows of one aggregate, a detector for its values, and what to say.
public struct AlertPlan: Hashable, Sendable {
  public enum Severity: String, Hashable, Sendable, CaseIterable, Comparable {
    case info = "INFO"
    case warning = "WARNING"
    case critical = "CRITICAL"

    public static func < (left: Self, right: Self) -> Bool {
      (allCases.firstIndex(of: left) ?? 0) < (allCases.firstIndex(of: right) ?? 0)
    }
  }

  public enum Direction: String, Hashable, Sendable, CaseIterable {
    case above
    case below
  }

  /// A severity and the value beyond which it is raised.
  public struct Level: Hashable, Sendable {
    public var severity: Severity
    public var value: Double

    public init(severity: Severity, value: Double) {
      self.severity = severity
      self.value = value
    }
  }

  /// How values become alerts. Another detector is another case.
  public enum Detector: Hashable, Sendable {
    /// A value strictly beyond a level. Levels grow more severe in order; the last one that is passed counts.
    case threshold(Direction, levels: [Level])
  }

  /// The type of the alert, e.g. `HIGH_ERROR_RATE`.
  public var name: String
  /// One line; never empty.
  public var summary: String
  /// The aggregate whose windows are watched.
  public var watched: AggregatePlan
  public var metric: String
  public var detector: Detector
  /// A window with fewer samples is not judged.
  public var minimumSamples: Int64
  public var message: MessageTemplate
  /// The columns of the SELECT that say what the alert is about, e.g. `shop`.
  public var keys: [String]
  /// The file's SELECT. It yields the keys, `window_start`, `window_end`, `value` and `samples`.
  public var select: FileText

  public init(
    name: String, summary: String, watched: AggregatePlan, metric: String, detector: Detector, minimumSamples: Int64,
    message: MessageTemplate, keys: [String], select: FileText
  ) {
    self.name = name
    self.summary = summary
    self.watched = watched
    self.metric = metric
    self.detector = detector
    self.minimumSamples = minimumSamples
    self.message = message
    self.keys = keys
    self.select = select
  }
  /// The name of the aggregate.
  public var aggregate: String { watched.name }

  /// The windows of the aggregate.
  public var window: WindowAssigner { watched.window }
}
