import Detection

/// An alert: a SELECT over the closed windows of one aggregate, a detector for its values, and what to say to whom.
public struct AlertPlan: Hashable, Sendable {
  public typealias Level = DetectorConfiguration.Level

  /// What becomes of values.
  public enum Detector: Hashable, Sendable {
    /// Each value is judged, by itself or beside those of the key's earlier windows.
    case values(DetectorConfiguration)
    /// A key, or all of the stream, of which nothing comes any more; levels are numbers of windows.
    case silence([Level])

    public var isSilence: Bool { if case .silence = self { true } else { false } }
  }

  /// What a SELECT may yield beside keys, window and value.
  public enum Measure: String, Hashable, Sendable, CaseIterable {
    /// How many events the value is of.
    case samples
    /// What would be usual, for the message.
    case expected
    /// Of a rate: what was counted, and of how many.
    case numerator
    case denominator
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
  /// Those of the measures that the SELECT yields.
  public var measures: Set<Measure>
  public var lifecycle: AlertLifecycle
  public var routing: AlertRouting
  /// The value of a key in windows of which it has no row; nil: such windows are not judged.
  public var missing: Double?
  /// How far back a new alert begins, in microseconds before the watermark; 0: there.
  public var backfillMicroseconds: Int64
  /// The file's SELECT. It yields the keys, `window_start`, `window_end`, `value` and the measures.
  public var select: FileText

  public init(
    name: String, summary: String, watched: AggregatePlan, metric: String, detector: Detector, minimumSamples: Int64,
    message: MessageTemplate, keys: [String], measures: Set<Measure>, lifecycle: AlertLifecycle, routing: AlertRouting,
    missing: Double?, backfillMicroseconds: Int64, select: FileText
  ) {
    self.name = name
    self.summary = summary
    self.watched = watched
    self.metric = metric
    self.detector = detector
    self.minimumSamples = minimumSamples
    self.message = message
    self.keys = keys
    self.measures = measures
    self.lifecycle = lifecycle
    self.routing = routing
    self.missing = missing
    self.backfillMicroseconds = backfillMicroseconds
    self.select = select
  }

  /// The name of the aggregate.
  public var aggregate: String { watched.name }

  /// The windows of the aggregate.
  public var window: WindowAssigner { watched.window }

  /// Of the detector.
  public var levels: [Level] {
    switch detector {
    case .values(let configuration): configuration.levels
    case .silence(let levels): levels
    }
  }
}

/// When an alert that found something is raised, and when it is over. Counted in windows of the aggregate.
public struct AlertLifecycle: Hashable, Sendable {
  /// Most windows that `for` and `keep_firing` may ask for.
  public static let maximumWindows = 1000

  /// Raised after so many bad windows in a row.
  public var forWindows: Int
  /// Over when more than so many good windows have followed.
  public var keepFiringWindows: Int
  /// A key that fails again so soon after it was over is the same alert again, in microseconds.
  public var cooldownMicroseconds: Int64

  public init(forWindows: Int = 1, keepFiringWindows: Int = 0, cooldownMicroseconds: Int64 = 0) {
    self.forWindows = forWindows
    self.keepFiringWindows = keepFiringWindows
    self.cooldownMicroseconds = cooldownMicroseconds
  }
}

/// Who hears of an alert, and beside what.
public struct AlertRouting: Hashable, Sendable {
  public struct Label: Hashable, Sendable {
    public var name: String
    public var value: String

    public init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  /// Targets by name.
  public var notify: [String]
  public var labels: [Label]
  /// What to do about it: an address.
  public var runbook: String?
  /// Keys in which the alerts of one incident are alike; none: all keys of this alert that fail at one time are one.
  public var groupBy: [String]
  /// Alerts that are not told while this one fires about the same key, or about one that holds theirs.
  public var inhibits: [String]

  public init(
    notify: [String] = [], labels: [Label] = [], runbook: String? = nil, groupBy: [String] = [], inhibits: [String] = []
  ) {
    self.notify = notify
    self.labels = labels
    self.runbook = runbook
    self.groupBy = groupBy
    self.inhibits = inhibits
  }
}
