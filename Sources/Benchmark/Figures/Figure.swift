/// One measured figure beside its limit, both from the same run.
public struct Figure: Sendable {
  /// How the figure and its limit are compared with the goal.
  public enum Goal: Sendable, Equatable {
    /// `ours / limit` must be at least this.
    case ratioAtLeast(Double)
    /// `ours / limit` must be at most this.
    case ratioAtMost(Double)
    /// `ours` must be at least this, in the figure's unit.
    case atLeast(Double)
    /// `ours` must be at most this, in the figure's unit.
    case atMost(Double)
    /// Told for its own sake.
    case none

    var text: String {
      switch self {
      case .ratioAtLeast(let value): "≥ \(short(value)) × limit"
      case .ratioAtMost(let value): "≤ \(short(value)) × limit"
      case .atLeast(let value): "≥ \(short(value))"
      case .atMost(let value): "≤ \(short(value))"
      case .none: "-"
      }
    }
  }

  public var bench: String
  public var unit: String
  /// Median over the rounds.
  public var ours: Double
  /// Median over the rounds; nil where the goal is absolute.
  public var limit: Double?
  /// Smallest and greatest round.
  public var spread: ClosedRange<Double>
  public var limitSpread: ClosedRange<Double>?
  public var goal: Goal
  public var rounds: Int
  /// Which broker took part; empty for none.
  public var broker: String

  /// - Parameters:
  ///   - ours: one value a round, at least one.
  ///   - limit: one value a round, or none where the goal is absolute.
  public init(
    bench: String, unit: String, ours: [Double], limit: [Double] = [], goal: Goal, broker: String = ""
  ) {
    self.bench = bench
    self.unit = unit
    self.ours = median(ours)
    self.limit = limit.isEmpty ? nil : median(limit)
    if ours.count == limit.count, !limit.isEmpty {
      ratio = median(zip(ours, limit).map { $0 / $1 })
    } else {
      ratio = limit.isEmpty ? nil : median(ours) / median(limit)
    }
    spread = range(of: ours) ?? 0...0
    limitSpread = range(of: limit)
    self.goal = goal
    rounds = ours.count
    self.broker = broker
  }

  /// Median over the rounds, in each of which the limit is measured right beside our side; or of the medians, when there
  /// are not as many of one as of the other.
  public let ratio: Double?

  /// False for a figure that is not a number, whatever the goal.
  public var isMet: Bool {
    switch goal {
    case .ratioAtLeast(let value): (ratio ?? 0) >= value
    case .ratioAtMost(let value): (ratio ?? .infinity) <= value
    case .atLeast(let value): ours >= value
    case .atMost(let value): ours <= value
    case .none: ours.isFinite
    }
  }
}

/// What a bench found: its figures, and in words what else it measured beside them.
public struct BenchReport: Sendable {
  public var figures: [Figure]
  public var notes: [String]

  public init(_ figures: [Figure], notes: [String] = []) {
    self.figures = figures
    self.notes = notes
  }
}
