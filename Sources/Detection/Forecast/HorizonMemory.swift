import Events

/// What is remembered of forecasts at one horizon: what was known when they were made, how much of the recent past they
/// take, and the quantiles of their errors.
struct HorizonMemory: Sendable, Hashable {
  /// What was known when a forecast was made. The season is kept for a day ahead alone: for nearer ones it is the same.
  struct Note: Sendable, Hashable {
    var fast: Float
    var slow: Float
    var season: Float
  }

  /// In place of a number of a note that there is none of.
  static let unknown = -Float.greatestFiniteMagnitude
  /// Of the bands' ends.
  private static let probabilities = [0.025, 0.1, 0.9, 0.975]

  /// A ring: those of the multiples of the stride, each in its turn.
  private(set) var notes: [Note]
  /// Parts of the fast and the slow difference from what is usual.
  private(set) var weights: [Float]
  /// The inverse correlation of both differences, without what symmetry says.
  private(set) var inverse: [Float]
  /// Of errors in their unit, in mean absolute errors.
  private(set) var quantiles: [Float]
  var scale = ClippedScale()
  /// Errors that were learnt, as far as it matters.
  private(set) var checked: Float = 0

  /// So little is known of the weights at first.
  private static let ignorance: Float = 0.05
  private static let leastVariance = 1e-6
  private static let forgetting = 0.999
  private static let scaleMemory = 1000.0
  /// In mean absolute errors: one jump must not be fitted at the price of everything else.
  private static let largestError = 5.0
  private static let largestTerm = 20.0
  private static let weightLimits: ClosedRange<Float> = -1...1.5
  /// How far a quantile goes at an error, in mean absolute errors.
  private static let quantilePace = 0.2
  private static let largestQuantile: Float = 1e6
  private static let mostChecks: Float = 100_000

  init(_ horizon: Horizon) {
    let none = Note(fast: Self.unknown, slow: 0, season: 0)
    notes = Array(repeating: none, count: horizon.notes)
    (weights, inverse) = Self.beginning(horizon)
    // Those of a normal distribution.
    quantiles = [-2.5, -1.6, 1.6, 2.5]
  }

  init?(
    _ horizon: Horizon, notes: [Note], weights: [Float], inverse: [Float], quantiles: [Float], scale: ClippedScale,
    checked: Float
  ) {
    guard notes.count == horizon.notes, weights.count == 2, inverse.count == 3, quantiles.count == 4, checked >= 0
    else {
      return nil
    }
    (self.notes, self.weights, self.inverse, self.quantiles) = (notes, weights, inverse, quantiles)
    (self.scale, self.checked) = (scale, checked)
  }

  private static func beginning(_ horizon: Horizon) -> (weights: [Float], inverse: [Float]) {
    (horizon.isSeason ? [0, 0.3] : [0.3, 0.5], [ignorance, 0, ignorance])
  }

  /// What was learnt before the time of day was known says little of what comes with it.
  mutating func beginSeason(_ horizon: Horizon) {
    (weights, inverse) = Self.beginning(horizon)
    for place in notes.indices { notes[place].fast = Self.unknown }
    scale = ClippedScale(mean: scale.mean, count: min(scale.count, 50))
  }

  // MARK: Notes

  func note(at index: Int64, _ horizon: Horizon) -> Note? {
    let note = notes[place(of: index, horizon)]
    return note.fast == Self.unknown ? nil : note
  }

  /// - Parameter note: nil: nothing is known of the window that it would be about.
  mutating func keep(_ note: Note?, at index: Int64, _ horizon: Horizon) {
    notes[place(of: index, horizon)] = note ?? Note(fast: Self.unknown, slow: 0, season: 0)
  }

  /// Forgets the notes in whose places others would stand now, had there been windows.
  mutating func forget(passed: Range<Int64>, _ horizon: Horizon) {
    guard !passed.isEmpty else { return }
    var index = (passed.upperBound - 1).floored(to: horizon.stride)
    var count = 0
    while index >= passed.lowerBound, count < notes.count {
      keep(nil, at: index, horizon)
      index -= horizon.stride
      count += 1
    }
  }

  private func place(of index: Int64, _ horizon: Horizon) -> Int {
    let turn = index.flooredQuotient(horizon.stride)
    return Int(turn - turn.floored(to: Int64(notes.count)))
  }

  // MARK: Expectation

  /// What the recent past adds to what is usual.
  func correction(fast: Double, slow: Double) -> Double { Double(weights[0]) * fast + Double(weights[1]) * slow }

  /// Haykin, Adaptive Filter Theory, chapter on recursive least squares.
  ///
  /// - Parameters:
  ///   - residual: how far the value was from what is usual, in `unit`.
  ///   - bound: a mean absolute error of 1 in `unit`.
  mutating func weigh(_ note: Note, residual: Double, unit: Double, bound: Double) {
    let fast = Self.bounded(Double(note.fast) / unit, Self.largestTerm)
    let slow = Self.bounded(Double(note.slow) / unit, Self.largestTerm)
    let error = Self.bounded(
      residual - Double(weights[0]) * Double(note.fast) / unit - Double(weights[1]) * Double(note.slow) / unit,
      Self.largestError * Double(scale.mean) * bound)
    let (a, b, c) = (Double(inverse[0]), Double(inverse[1]), Double(inverse[2]))
    let gains = (a * fast + b * slow, b * fast + c * slow)
    let power = Self.forgetting + fast * gains.0 + slow * gains.1
    guard power.isFinite, power > 0, error.isFinite else { return }
    weights[0] = Self.limited(weights[0] + Float(gains.0 / power * error))
    weights[1] = Self.limited(weights[1] + Float(gains.1 / power * error))
    let variances = (
      max(Self.leastVariance, a - gains.0 * gains.0 / power), max(Self.leastVariance, c - gains.1 * gains.1 / power)
    )
    // Rounding must not make of it what is no correlation.
    let both = Self.bounded(b - gains.0 * gains.1 / power, 0.999 * (variances.0 * variances.1).squareRoot())
    inverse = [Float(variances.0), Float(both), Float(variances.1)]
    // What is forgotten without being learnt anew grows no further than ignorance.
    guard inverse[0] + inverse[2] < 3 * Self.ignorance else { return }
    for place in inverse.indices { inverse[place] = Float(Double(inverse[place]) / Self.forgetting) }
  }

  private static func bounded(_ value: Double, _ bound: Double) -> Double { max(-bound, min(bound, value)) }

  private static func limited(_ weight: Float) -> Float {
    max(weightLimits.lowerBound, min(weightLimits.upperBound, weight))
  }

  // MARK: Bands

  /// - Parameter unit: how far values of that size stray, compared with others.
  mutating func learn(error: Double, unit: Double, _ horizon: Horizon) {
    let error = error / unit
    guard error.isFinite else { return }
    let former = scale.mean
    checked = min(checked + 1, Self.mostChecks)
    if former > 0 {
      for (place, probability) in Self.probabilities.enumerated() {
        let isBelow = error <= Double(quantiles[place]) * Double(former)
        quantiles[place] += Float(Self.quantilePace * horizon.pace * (probability - (isBelow ? 1 : 0)))
      }
    }
    scale.learn(error, memory: Self.scaleMemory)
    guard former > 0 else { return }
    // They are values of errors, whatever the scale is that they are kept in.
    let factor = former / scale.mean
    for place in quantiles.indices {
      quantiles[place] = max(-Self.largestQuantile, min(Self.largestQuantile, quantiles[place] * factor))
    }
  }

  /// Bands of which little is known are wider, by half at the first errors.
  func widening(_ horizon: Horizon) -> Double {
    1 + 0.5 / (1 + 12 * Double(checked) / Double(max(12, horizon.steps)))
  }
}
