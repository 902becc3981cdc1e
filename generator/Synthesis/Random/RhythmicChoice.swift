/// Draws indices with given weights, each of which follows the day where it lives.
public struct RhythmicChoice {
  private let weights: WeightedChoice
  private let zoneHours: [Int]
  private let rhythm: DailyRhythm
  /// Where all the world sleeps, the last draw counts. With half of the draws taken, that is one of 250.
  private static let maximumDraws = 8

  /// - Parameter zoneHours: how far clocks are ahead of UTC where each lives.
  public init(weights: [Double], zoneHours: [Int], rhythm: DailyRhythm) {
    precondition(weights.count == zoneHours.count, "each has a weight and a zone")
    self.weights = WeightedChoice(weights: weights)
    self.zoneHours = zoneHours
    self.rhythm = rhythm
  }

  /// One of them, at a time in milliseconds since 1970 UTC.
  public func pick(_ random: inout RandomNumbers, at milliseconds: Int64) -> Int {
    var drawn = weights.pick(random.next())
    for _ in 1..<Self.maximumDraws {
      let factor = rhythm.factor(at: milliseconds, zoneHours: zoneHours[drawn])
      if random.nextFraction() * rhythm.peak < factor { return drawn }
      drawn = weights.pick(random.next())
    }
    return drawn
  }
}
