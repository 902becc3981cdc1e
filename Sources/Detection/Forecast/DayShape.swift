import Events

/// What is usual at a time of day: levels of the parts of a day, between whose middles the expectation runs straight, and
/// how far the days lately are from them as a whole.
struct DayShape: Sendable, Hashable {
  /// Of each part; `unknown` where there was no value yet.
  private(set) var levels: [Float]
  /// In how many visits each was learnt, at most `memory`.
  private(set) var visits: [UInt8]
  /// What is to be added to all levels: a lasting change reaches all of the day within a day.
  private(set) var shift: Float = 0
  /// The part that the newest value lies in, counted from 1970, and the mean and number of its values so far.
  private(set) var current: Int64 = 0
  private(set) var mean: Float = 0
  private(set) var count: Float = 0
  private(set) var isSeason = false

  private static let finestParts = 48
  private static let coarsestFine: Int64 = 900_000_000
  private static let coarseParts = 24
  /// Visits of a part over which its level is learnt.
  private static let memory: UInt8 = 4
  /// In mean residuals: so far a level goes in one visit, and the shift with one value.
  private static let largestVisit = 3.0
  private static let largestShift = 8.0

  init(step: Int64) {
    let parts = Self.parts(step)
    levels = Array(repeating: 0, count: parts)
    visits = Array(repeating: 0, count: parts)
  }

  init?(
    step: Int64, levels: [Float], visits: [UInt8], shift: Float, current: Int64, mean: Float, count: Float,
    isSeason: Bool
  ) {
    guard levels.count == Self.parts(step), visits.count == levels.count, count >= 0, abs(current) < Int64.max / 4,
      visits.allSatisfy({ $0 <= Self.memory })
    else { return nil }
    (self.levels, self.visits, self.shift, self.current) = (levels, visits, shift, current)
    (self.mean, self.count, self.isSeason) = (mean, count, isSeason)
  }

  /// Half hours, or hours where windows are longer than a quarter of one, or as many as there are windows.
  static func parts(_ step: Int64) -> Int {
    guard step > coarsestFine else { return finestParts }
    return max(1, min(coarseParts, Int(Forecaster.microsecondsPerDay / step)))
  }

  /// What is usual of a window that begins at `time`; nil when no day before had one there.
  func expected(at time: Int64, step: Int64) -> Double? {
    let length = Forecaster.microsecondsPerDay / Int64(levels.count)
    let part = time.flooredQuotient(length)
    let here = place(of: part)
    guard visits[here] > 0 else { return nil }
    let level = Double(shift) + Double(levels[here])
    guard step * 2 <= length else { return level }
    let place = (Double(time - part * length) + Double(step) / 2) / Double(length) - 0.5
    let beside = self.place(of: place < 0 ? part - 1 : part + 1)
    guard visits[beside] > 0 else { return level }
    return level + (Double(levels[beside]) - Double(levels[here])) * min(abs(place), 1)
  }

  /// Closes the part that is over when `time` lies in another one: a part counts as one, however many windows it has.
  ///
  /// - Returns: whether the time of day is known for the first time.
  mutating func advance(to time: Int64, step: Int64, scale: ClippedScale) -> Bool {
    let part = time.flooredQuotient(Forecaster.microsecondsPerDay / Int64(levels.count))
    guard part != current else { return false }
    if count > 0 {
      let place = place(of: current)
      visits[place] = min(visits[place] + 1, Self.memory)
      let residual = Double(mean) - Double(shift) - Double(levels[place])
      if visits[place] == 1 {
        levels[place] = mean - shift
      } else {
        let bound = scale.mean > 0 ? Self.largestVisit * Double(scale.mean) : abs(residual)
        levels[place] += Float(max(-bound, min(bound, residual)) / Double(visits[place]))
      }
    }
    (current, mean, count) = (part, 0, 0)
    guard !isSeason, visits[place(of: part)] > 0 else { return false }
    isSeason = true
    return true
  }

  /// - Parameter residual: how far the value is from what is usual; nil: that is not known.
  mutating func learn(_ value: Double, residual: Double?, step: Int64, scale: ClippedScale) {
    if let residual {
      let bound = Self.largestShift * Double(scale.mean)
      shift += Float(max(-bound, min(bound, residual)) * Double(step) / Double(Forecaster.microsecondsPerDay))
    }
    count += 1
    mean += Float((value - Double(mean)) / Double(count))
  }

  private func place(of part: Int64) -> Int { Int(part - part.floored(to: Int64(levels.count))) }
}
