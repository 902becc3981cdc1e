import Glibc

/// The detector that needs no tuning: three independent looks at a value, of which all have to wonder, and how rare it is
/// in the key's own history that they do.
///
/// The constants are the same for every series and step; docs/detection.md has the reason of each and what was measured.
enum AdaptiveDetector {
  /// From 0 to 1; the same means the same in every series.
  struct Score {
    /// What is left of earlier rows counts, too.
    var score: Double
    /// Of the row alone: a finding is about a value, and a usual one that follows an unusual one is none.
    var fresh: Double
    var expected: Double?
  }

  /// Reported when an alert names no levels of its own.
  static let standardLevels: [DetectorConfiguration.Level] = [
    .init(severity: .warning, threshold: 0.75), .init(severity: .critical, threshold: 0.9),
  ]

  /// Rows over which the level and the scales are learnt: the level slower than an incident begins and quicker than a
  /// trend, the scales over so many that no incident is noticed in them.
  private static let levelMemory = 100.0
  private static let scaleMemory = 2000.0
  /// Nothing is said of the first rows.
  private static let fewest: Float = 10
  /// A difference of less than this part of the level is nothing to wake anybody for, however steady a series is.
  private static let leastRelativeScale = 0.02
  /// The slow level counts nearly as much as both others.
  private static let levelWeight = 1.75
  /// Evidence that is nearly zero does not put out the others altogether.
  private static let leastEvidence = 0.1
  private static let largestEvidence = 1e9

  /// - Parameters:
  ///   - sample: nil: the window has no value; what was found before fades.
  ///   - last: the time of the sample before, nil for the first one.
  static func step(_ memory: inout AdaptiveMemory, _ sample: Sample?, at time: Int64, since last: Int64?) -> Score {
    let elapsed = last.map { max(0, Double(time) - Double($0)) } ?? 0
    guard let sample else { return Score(score: hold(0, &memory), fresh: 0, expected: nil) }
    learnStep(elapsed, &memory)
    memory.day.advance(to: time)
    let expectation = Expectation(memory, at: time)
    let evidence = evidence(of: sample, expectation, memory)
    let probability = memory.rarity.probability(of: evidence)
    memory.rarity.learn(evidence)
    let fresh = score(of: probability, step: Double(memory.step))
    learn(sample.measured, expectation, &memory)
    return Score(score: hold(fresh, &memory), fresh: fresh, expected: expectation.value)
  }

  /// What each of the looks expects of a sample; nil: it cannot say yet.
  private struct Expectation {
    var local: Double?
    var level: Double?
    var day: Double?
    /// The unit in which the local prediction is made.
    var unit: Double

    init(_ memory: AdaptiveMemory, at time: Int64) {
      unit = memory.levelScale.mean > 0 ? Double(memory.levelScale.mean) : 1
      local = memory.predictor.prediction(level: Double(memory.level), scale: unit)
      level = memory.count > fewest ? Double(memory.level) : nil
      day = memory.day.expected(at: time, isFine: DayProfile.isFine(step: Double(memory.step)))
    }

    /// What the message tells: the middle one of three, else the steadier one.
    var value: Double? {
      guard let local, let level, let day else { return day ?? level }
      return max(min(local, level), min(max(local, level), day))
    }
  }

  /// The geometric mean of the three deviations: each must wonder. A spike that comes every hour surprises neither the
  /// level's scale nor the day, a shift that lasts no longer surprises the local prediction, and a daily rhythm surprises
  /// the level alone.
  private static func evidence(of sample: Sample, _ expectation: Expectation, _ memory: AdaptiveMemory) -> Double {
    let least = leastRelativeScale * Double(abs(memory.level))
    func surprise(_ expected: Double?, _ scale: ClippedScale) -> Double {
      guard let expected, scale.mean > 0 else { return log(leastEvidence) }
      return log(abs(deviation(of: sample, from: expected, scale: scale.deviation + least)) + leastEvidence)
    }
    var (sum, weights) = (surprise(expectation.local, memory.localScale), 1.0)
    sum += levelWeight * surprise(expectation.level, memory.levelScale)
    weights += levelWeight
    if expectation.day != nil {
      sum += surprise(expectation.day, memory.dayScale)
      weights += 1
    }
    return min(exp(sum / weights), largestEvidence)
  }

  // MARK: Scores

  /// The standard level of 0.75, odds of three to one, is once in five hundred rows; ten times as rare is odds of 13 to one.
  /// That is for rows of five minutes: rows further apart are allowed a little more, since who is on duty counts days.
  private static func score(of probability: Double, step microseconds: Double) -> Double {
    let rows = microseconds > 0 ? log10(microseconds / rarityStep) * rarityPerStep : 0
    let rarity = -log10(probability) + rows
    return 1 / (1 + exp(-(rarity - standardRarity) * scoreSteepness) / standardOdds)
  }

  private static let rarityStep = 300e6
  private static let rarityPerStep = 0.25
  private static let standardRarity = 2.7
  private static let standardOdds = 3.0
  private static let scoreSteepness = 1.5

  /// The score that is given: what the row itself is worth, or what is left of an earlier one, since what is wrong does not
  /// end with the row that shows it first.
  private static func hold(_ fresh: Double, _ memory: inout AdaptiveMemory) -> Double {
    memory.held = max(memory.held * Float(heldFading), Float(fresh * heldPart))
    return max(Double(memory.held), fresh)
  }

  private static let heldFading = 0.97
  private static let heldPart = 0.93

  // MARK: Learning

  private static func learn(_ value: Double, _ expectation: Expectation, _ memory: inout AdaptiveMemory) {
    let level = Double(memory.level)
    if let local = expectation.local { memory.localScale.learn(value - local, memory: scaleMemory) }
    if let day = expectation.day { memory.dayScale.learn(value - day, memory: scaleMemory) }
    memory.predictor.learn(value, predicted: expectation.local, level: level, scale: expectation.unit)
    if memory.count > 0 { memory.levelScale.learn(value - level, memory: scaleMemory) }
    memory.count = Float(min(Double(memory.count) + 1, levelMemory))
    memory.level = Float(level + (value - level) / Double(memory.count))
    memory.day.learn(value)
  }

  /// The usual time between samples, in its logarithm, so that one gap does not change it.
  private static func learnStep(_ elapsed: Double, _ memory: inout AdaptiveMemory) {
    guard elapsed > 0 else { return }
    guard memory.step > 0 else {
      memory.step = Float(elapsed)
      return
    }
    let change = max(-1, min(1, log(elapsed / Double(memory.step))))
    memory.step *= Float(exp(change * stepLearning))
  }

  private static let stepLearning = 0.05
}
