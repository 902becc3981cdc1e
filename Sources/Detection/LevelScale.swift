/// The levels of a detector, the most severe first, and the side on which they count.
struct LevelScale: Sendable, Hashable {
  private let levels: [DetectorConfiguration.Level]
  private let direction: DetectorConfiguration.Direction

  init(_ levels: [DetectorConfiguration.Level], direction: DetectorConfiguration.Direction) {
    // Below, a threshold of 3 is more severe than one of 5, and so for every score that has a sign; what users say is
    // the severity.
    self.levels = levels.sorted { $0.severity > $1.severity }
    self.direction = direction
  }

  /// For a plain limit: a score equal to it has not passed it; neither has NaN.
  func judgement(score: Double, limit: (Double) -> Double) -> Judgement {
    let passed = levels.first { direction == .below ? score < $0.threshold : score > $0.threshold }
    return Judgement(
      score: score, expected: nil,
      finding: passed.map { Finding(severity: $0.severity, threshold: limit($0.threshold)) })
  }

  /// For a score that counts deviations from what is expected, with the sign of the deviation.
  /// - Parameter limit: the value that has a given score.
  func judgement(deviation score: Double, expected: Double, limit: (Double) -> Double) -> Judgement {
    let sided =
      switch direction {
      case .above: score
      case .below: -score
      case .both: abs(score)
      }
    let passed = levels.first { sided > $0.threshold }
    let finding = passed.map { level in
      Finding(
        severity: level.severity, threshold: limit(score < 0 ? -level.threshold : level.threshold), expected: expected,
        probability: usualness(deviation: score))
    }
    return Judgement(score: score, expected: expected, finding: finding)
  }

  /// For a change relative to `before`, with its sign.
  func judgement(change: Double, from before: Double) -> Judgement {
    var judgement = judgement(deviation: change, expected: before) { before + $0 * abs(before) }
    // Nothing is known of how usual changes are.
    judgement.finding?.probability = nil
    return judgement
  }

  /// For a score from 0 to 1 that has no sign of its own. The judgement has the score that is held, a finding that of the
  /// row alone.
  func judgement(of judged: AdaptiveDetector.Score, _ sample: Sample) -> Judgement {
    let isOnSide =
      switch direction {
      case .above: judged.expected.map { sample.measured > $0 } ?? false
      case .below: judged.expected.map { sample.measured < $0 } ?? false
      case .both: true
      }
    let passed = isOnSide ? levels.first { judged.fresh >= $0.threshold } : nil
    let finding = passed.map { level in
      Finding(
        severity: level.severity, threshold: level.threshold, expected: judged.expected, probability: judged.fresh)
    }
    return Judgement(score: judged.score, expected: judged.expected, finding: finding)
  }
}
