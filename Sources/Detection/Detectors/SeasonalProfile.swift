/// What is usual in each hour of a day or of a week (UTC), and how far values are from that.
struct SeasonalProfile: Sendable, Hashable {
  /// Of each part: its level, and in how many visits it was learnt, at most `memory`.
  private(set) var levels: [Float]
  private(set) var visits: [UInt8]
  private(set) var scale = ClippedScale()
  /// The part that samples come from, and the mean of those so far: it is learnt when the part is over, so that an hour
  /// counts as one, however many windows it has.
  private(set) var part = 0
  private(set) var mean: Float = 0
  private(set) var count: Float = 0

  /// Visits of a part over which its level is learnt.
  private static let memory: UInt8 = 7
  private static let scaleMemory = 1000.0
  private static let microsecondsPerHour: Int64 = 3_600_000_000

  init(parts: Int) {
    levels = Array(repeating: 0, count: parts)
    visits = Array(repeating: 0, count: parts)
  }

  init?(levels: [Float], visits: [UInt8], scale: ClippedScale, part: Int, mean: Float, count: Float) {
    guard levels.count == visits.count, levels.indices.contains(part) else { return nil }
    (self.levels, self.visits, self.scale) = (levels, visits, scale)
    (self.part, self.mean, self.count) = (part, mean, count)
  }

  mutating func step(
    _ sample: Sample, _ season: DetectorConfiguration.Season, _ scale: LevelScale
  ) -> Judgement {
    let now = SeasonalProfile.part(of: sample.time, season)
    if now != part {
      closePart()
      part = now
    }
    let value = sample.measured
    count += 1
    mean += Float((value - Double(mean)) / Double(count))
    guard visits[now] > 0 else { return .silent }
    let expected = Double(levels[now])
    let width = self.scale.deviation
    let score = deviation(of: sample, from: expected, scale: width)
    self.scale.learn(value - expected, memory: SeasonalProfile.scaleMemory)
    // The first difference of all has nothing to be compared with.
    guard width > 0 else { return Judgement(score: 0, expected: expected) }
    return scale.judgement(deviation: score, expected: expected) { expected + $0 * width }
  }

  private mutating func closePart() {
    guard count > 0 else { return }
    let residual = Double(mean - levels[part])
    visits[part] = min(visits[part] + 1, SeasonalProfile.memory)
    if visits[part] == 1 {
      levels[part] = mean
    } else {
      let bound = scale.mean > 0 ? ClippedScale.clip * Double(scale.mean) : abs(residual)
      levels[part] += Float(max(-bound, min(bound, residual)) / Double(visits[part]))
    }
    (mean, count) = (0, 0)
  }

  /// 1970 began on a Thursday; where the week begins does not matter.
  static func part(of time: Int64, _ season: DetectorConfiguration.Season) -> Int {
    let hours = (time / microsecondsPerHour) - (time % microsecondsPerHour < 0 ? 1 : 0)
    let part = Int(hours % Int64(season.parts))
    return part < 0 ? part + season.parts : part
  }
}
