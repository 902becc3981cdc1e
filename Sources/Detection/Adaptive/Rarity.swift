import Glibc

/// How rare a strength of evidence is in a key's own history: what makes a score mean the same in every series.
///
/// A histogram of the strengths of past events, to which a prior adds what is usual in metrics at large. A new key is
/// judged by the prior; one whose history is full of outbursts learns to be calm about them.
struct Rarity: Sendable, Hashable {
  static let bins = 30

  /// Events by their strength: bin 0 up to 0.5 · √2, each next one √2 further, the last without an end.
  private(set) var events: [Float]
  /// Rows that were seen.
  private(set) var rows: Float
  /// The strength of the event that is going on, fading.
  private(set) var ongoing: Float

  private static let weakest = 0.5
  private static let binsPerDoubling = 2.0
  /// The prior counts as much as so many rows of the key's own.
  private static let priorRows = 1000.0
  /// The prior: one row in e^8.5 is of strength 10, and the tail is a stretched exponential.
  private static let priorDecay = 8.5
  private static let priorStretch = 0.5
  /// Rows of one event are not events of their own: after a peak only those count that rise above what is left of it.
  private static let eventFading = 0.98
  /// Beyond so many rows old ones count less and less.
  private static let mostRows: Float = 100_000

  init() {
    events = Array(repeating: 0, count: Self.bins)
    (rows, ongoing) = (0, 0)
  }

  init?(events: [Float], rows: Float, ongoing: Float) {
    guard events.count == Self.bins, events.allSatisfy({ $0 >= 0 }), rows >= 0, ongoing >= 0 else { return nil }
    (self.events, self.rows, self.ongoing) = (events, rows, ongoing)
  }

  /// The probability that a row begins something at least as strong; above 0.
  func probability(of strength: Double) -> Double {
    let place = Self.place(of: strength)
    let bin = Self.bin(place)
    var above = Double(events[bin]) * (bin == Self.bins - 1 ? 1 : 1 - max(0, min(1, place - Double(bin))))
    for stronger in (bin + 1)..<max(bin + 1, Self.bins) { above += Double(events[stronger]) }
    let prior = exp(-Self.priorDecay * pow(strength / 10, Self.priorStretch))
    return max((Self.priorRows * prior + above) / (Self.priorRows + Double(rows)), .leastNormalMagnitude)
  }

  mutating func learn(_ strength: Double) {
    if rows >= Self.mostRows {
      rows /= 2
      for bin in events.indices { events[bin] /= 2 }
    }
    rows += 1
    ongoing *= Float(Self.eventFading)
    guard Float(strength) >= ongoing else { return }
    ongoing = Float(strength)
    events[Self.bin(Self.place(of: strength))] += 1
  }

  private static func place(of strength: Double) -> Double {
    strength <= weakest ? 0 : log2(strength / weakest) * binsPerDoubling
  }

  private static func bin(_ place: Double) -> Int { min(Int(place), bins - 1) }
}
