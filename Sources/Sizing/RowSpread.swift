import Glibc

/// How many different groups some events touch.
///
/// Of events that are spread evenly over K groups, n touch K (1 − e^(−n/K)). Real keys are not even: a few have most events,
/// and the same n touch fewer. One more number says how uneven: n touch K (1 − (1 + n/(K s))^(−s)), which is what comes out
/// when the groups' shares differ as a gamma distribution of shape s has it, and the even case when s is large.
public enum RowSpread {
  /// Above it nothing can be told from evenness.
  public static let even = 1_000.0
  private static let leastEven = 0.01

  public static func rows(events: Double, keys: Double, evenness: Double) -> Double {
    guard events > 0, keys > 0 else { return 0 }
    let perKey = events / keys
    let untouched = evenness >= even ? exp(-perKey) : exp(-evenness * log1p(perKey / evenness))
    return min(events, keys * (1 - untouched))
  }

  /// The evenness by which flushes of so many events touched so many of the groups, as nearly as one number can say it of
  /// several sizes: each counts by its share of error.
  public static func evenness(seen: [(events: Double, rows: Double)], keys: Double) -> Double {
    func error(_ evenness: Double) -> Double {
      seen.reduce(0) { sum, flush in
        guard flush.rows > 0 else { return sum }
        let share = rows(events: flush.events, keys: keys, evenness: evenness) / flush.rows - 1
        return sum + share * share
      }
    }
    // From the least to the greatest in steps of 2 %.
    var best = even
    var candidate = even
    while candidate > leastEven {
      if error(candidate) < error(best) { best = candidate }
      candidate /= 1.02
    }
    return best
  }
}
