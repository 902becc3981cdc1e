/// What is usual at a time of day: the median of the last five days, in 24 parts of a day between whose middles the
/// expectation runs straight. A day with an incident is one of five, and so changes nothing.
struct DayProfile: Sendable, Hashable {
  static let parts = 24
  static let days = 5
  static let unknown = -Float.greatestFiniteMagnitude

  /// The means of each part on each of the last days, `days` of them a part; `unknown` where there was no row.
  private(set) var means: [Float]
  /// The part that the newest row lies in, counted from 1970, and the mean and number of its rows so far.
  private(set) var current: Int64
  private(set) var mean: Float
  private(set) var count: Float

  private static let microsecondsPerDay: Int64 = 86_400_000_000
  private static let microsecondsPerPart = microsecondsPerDay / Int64(parts)

  init() {
    means = Array(repeating: Self.unknown, count: Self.parts * Self.days)
    (current, mean, count) = (0, 0, 0)
  }

  init?(means: [Float], current: Int64, mean: Float, count: Float) {
    guard means.count == Self.parts * Self.days, count >= 0 else { return nil }
    (self.means, self.current, self.mean, self.count) = (means, current, mean, count)
  }

  /// What is usual at `time`; nil when no day before had rows there.
  ///
  /// - Parameter isFine: whether a part holds several rows. Else each part stands for itself.
  func expected(at time: Int64, isFine: Bool) -> Double? {
    let part = Self.part(of: time)
    guard let here = median(of: part) else { return nil }
    guard isFine else { return here }
    let place = Double(time &- part &* Self.microsecondsPerPart) / Double(Self.microsecondsPerPart) - 0.5
    guard let beside = median(of: place < 0 ? part &- 1 : part &+ 1) else { return here }
    return here + (beside - here) * min(abs(place), 1)
  }

  /// Whether rows that are `microseconds` apart are several a part.
  static func isFine(step microseconds: Double) -> Bool { microseconds < 0.75 * Double(microsecondsPerPart) }

  /// Closes the part that is over when `time` lies in another one. Before `expected`, so that a day is not its own usual.
  mutating func advance(to time: Int64) {
    let part = Self.part(of: time)
    guard part != current else { return }
    if count > 0 { means[Self.place(of: current)] = mean }
    (current, mean, count) = (part, 0, 0)
  }

  mutating func learn(_ value: Double) {
    count += 1
    mean += Float((value - Double(mean)) / Double(count))
  }

  /// Of the days that are known; the mean of the two in the middle where their number is even.
  private func median(of part: Int64) -> Double? {
    let first = Self.place(of: part) / Self.days * Self.days
    return withUnsafeTemporaryAllocation(of: Float.self, capacity: Self.days) { sorted -> Double? in
      var known = 0
      for place in first..<(first + Self.days) where means[place] != Self.unknown {
        var index = known
        while index > 0, sorted[index - 1] > means[place] {
          sorted[index] = sorted[index - 1]
          index -= 1
        }
        sorted[index] = means[place]
        known += 1
      }
      guard known > 0 else { return nil }
      return (Double(sorted[known / 2]) + Double(sorted[(known - 1) / 2])) / 2
    }
  }

  private static func part(of time: Int64) -> Int64 {
    time / microsecondsPerPart - (time % microsecondsPerPart < 0 ? 1 : 0)
  }

  /// Where the mean of a part is kept: those of the same time of day side by side, each day in its turn.
  private static func place(of part: Int64) -> Int {
    let parts = Int64(parts)
    let day = part / parts - (part % parts < 0 ? 1 : 0)
    let (timeOfDay, turn) = (part - day * parts, day % Int64(days))
    return Int(timeOfDay) * days + Int(turn < 0 ? turn + Int64(days) : turn)
  }
}
