/// An alert: a SELECT over the closed windows of one aggregate, a detector for its values, and what to say.
public struct AlertDefinition: Hashable, Sendable {
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
  /// The result table whose windows are watched.
  public var aggregate: String
  public var metric: String
  public var detector: Detector
  /// A window with fewer samples is not judged.
  public var minimumSamples: Int64
  public var message: MessageTemplate
  /// The columns of the SELECT that say what the alert is about, e.g. `region`.
  public var keys: [String]
  /// The statement to prepare, over the windows that ended after `$1::timestamptz` and not after `$2::timestamptz`.
  /// It finds them by the primary key, whatever else the table holds.
  ///
  /// Its columns: `window_start`, `window_end` (timestamptz), `value` (double precision, never NULL), `samples`
  /// (bigint), `key` (jsonb: the keys by name), then each key as text, in the order of `keys`.
  public var sql: String
}
