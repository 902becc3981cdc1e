/// How pages show a column of results, where its definition says more than the column's role does.
public struct ColumnPresentation: Hashable, Sendable {
  /// How it is drawn over time.
  public enum Chart: String, Hashable, Sendable, CaseIterable {
    case line
    case bar
    /// Not at all: it is in tables alone.
    case none
  }

  /// How its values are written.
  public enum Format: Hashable, Sendable {
    case count
    /// With a unit behind it, such as `Mbps`.
    case number(unit: String?)
    /// Of a share, 0 to 1.
    case percent
    case bytes
    /// Seconds, as `1 min 5 s`.
    case duration
    case milliseconds
    /// An amount of a currency by its code in ISO 4217.
    case currency(String)
  }

  /// From where on values are no longer good.
  public struct Thresholds: Hashable, Sendable {
    /// nil: only the critical one is known.
    public var warning: Double?
    public var critical: Double
    /// Whether it is the high values that are bad.
    public var isAbove: Bool

    public init(warning: Double?, critical: Double, isAbove: Bool) {
      (self.warning, self.critical, self.isAbove) = (warning, critical, isAbove)
    }
  }

  public var chart: Chart?
  public var format: Format?
  public var thresholds: Thresholds?

  public init(chart: Chart? = nil, format: Format? = nil, thresholds: Thresholds? = nil) {
    (self.chart, self.format, self.thresholds) = (chart, format, thresholds)
  }
}
