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

    var text: String {
      switch self {
      case .ratioAtLeast(let value): "≥ \(short(value)) × limit"
      case .ratioAtMost(let value): "≤ \(short(value)) × limit"
      case .atLeast(let value): "≥ \(short(value))"
      case .atMost(let value): "≤ \(short(value))"
      }
    }
  }

  public var bench: String
  public var unit: String
  /// Medians over the rounds.
  public var ours: Double
  public var limit: Double?
  /// Smallest and greatest round.
  public var spread: ClosedRange<Double>
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
    spread = (ours.min() ?? 0)...(ours.max() ?? 0)
    self.goal = goal
    rounds = ours.count
    self.broker = broker
  }

  public var ratio: Double? { limit.map { ours / $0 } }

  public var isMet: Bool {
    switch goal {
    case .ratioAtLeast(let value): (ratio ?? 0) >= value
    case .ratioAtMost(let value): (ratio ?? .infinity) <= value
    case .atLeast(let value): ours >= value
    case .atMost(let value): ours <= value
    }
  }
}

/// The middle value; the mean of the two middle ones of an even number.
func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  guard !sorted.isEmpty else { return .nan }
  let middle = sorted.count / 2
  return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/// About three significant digits, with k and M for large numbers.
func short(_ value: Double) -> String {
  switch value.magnitude {
  case 1e6...: return rounded(value / 1e6, places: 2) + " M"
  case 1e4...: return rounded(value / 1e3, places: 1) + " k"
  case 100...: return rounded(value, places: 0)
  case 1...: return rounded(value, places: 2)
  default: return rounded(value, places: 3)
  }
}

private func rounded(_ value: Double, places: Int) -> String {
  var factor = 1.0
  for _ in 0..<places { factor *= 10 }
  let scaled = (value * factor).rounded()
  guard scaled.magnitude < 1e15 else { return String(value) }
  let whole = Int64(scaled)
  guard places > 0 else { return String(whole) }
  let digits = String(whole.magnitude)
  let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
  return (whole < 0 ? "-" : "") + padded.dropLast(places) + "." + padded.suffix(places)
}
