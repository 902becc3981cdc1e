/// Predicts the next value from the last five by recursive least squares with forgetting: what a smooth or oscillating
/// series does next, learnt in about a hundred rows.
struct LocalPredictor: Sendable, Hashable {
  static let lags = 5
  /// The lags and a constant.
  static let terms = lags + 1
  /// The upper triangle of a symmetric matrix.
  static let pairs = terms * (terms + 1) / 2

  /// The newest first.
  private(set) var lagged: [Float]
  private(set) var weights: [Float]
  /// The inverse correlation of the terms, row by row.
  private(set) var inverse: [Float]
  /// Values that were taken, at most `lags`.
  private(set) var count: UInt8

  /// Rows are forgotten over about a hundred.
  private static let forgetting = 0.99
  /// So little is known at first; and forgetting goes no further than back to there.
  private static let ignorance = 1000.0
  /// In scales: one jump must not be fitted at the price of everything else.
  private static let largestTerm = 1000.0

  init() {
    lagged = Array(repeating: 0, count: Self.lags)
    weights = Array(repeating: 0, count: Self.terms)
    inverse = []
    for row in 0..<Self.terms {
      for column in row..<Self.terms { inverse.append(row == column ? Float(Self.ignorance) : 0) }
    }
    count = 0
  }

  init?(lagged: [Float], weights: [Float], inverse: [Float], count: UInt8) {
    guard lagged.count == Self.lags, weights.count == Self.terms, inverse.count == Self.pairs, count <= Self.lags else {
      return nil
    }
    (self.lagged, self.weights, self.inverse, self.count) = (lagged, weights, inverse, count)
  }

  var isReady: Bool { count == Self.lags }

  /// What comes next, in the value's unit; nil while there are too few values.
  ///
  /// - Parameters:
  ///   - level: what values are taken relative to.
  ///   - scale: the unit that they are taken in, above 0.
  func prediction(level: Double, scale: Double) -> Double? {
    guard isReady else { return nil }
    var sum = Double(weights[Self.lags])
    for lag in 0..<Self.lags { sum += Double(weights[lag]) * term(lag, level, scale) }
    return level + sum * scale
  }

  /// Learns from what came where `predicted` was expected, and takes it as the newest value.
  mutating func learn(_ value: Double, predicted: Double?, level: Double, scale: Double) {
    if let predicted { learn(error: bounded((value - predicted) / scale), level, scale) }
    for lag in stride(from: Self.lags - 1, to: 0, by: -1) { lagged[lag] = lagged[lag - 1] }
    lagged[0] = Float(value)
    count = min(count + 1, UInt8(Self.lags))
  }

  private func term(_ lag: Int, _ level: Double, _ scale: Double) -> Double {
    bounded((Double(lagged[lag]) - level) / scale)
  }

  private func bounded(_ term: Double) -> Double { max(-Self.largestTerm, min(Self.largestTerm, term)) }

  /// Haykin, Adaptive Filter Theory, chapter on recursive least squares.
  private mutating func learn(error: Double, _ level: Double, _ scale: Double) {
    withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * Self.terms) { buffer in
      let (terms, gains) = (0, Self.terms)
      for lag in 0..<Self.lags { buffer[terms + lag] = term(lag, level, scale) }
      buffer[terms + Self.lags] = 1
      for row in 0..<Self.terms { buffer[gains + row] = 0 }
      var pair = 0
      for row in 0..<Self.terms {
        for column in row..<Self.terms {
          let value = Double(inverse[pair])
          buffer[gains + row] += value * buffer[terms + column]
          if row != column { buffer[gains + column] += value * buffer[terms + row] }
          pair += 1
        }
      }
      var power = Self.forgetting
      for row in 0..<Self.terms { power += buffer[terms + row] * buffer[gains + row] }
      for row in 0..<Self.terms { weights[row] += Float(buffer[gains + row] / power * error) }
      forget(buffer, gains, power)
    }
  }

  /// The matrix after the row; what is forgotten without being learnt anew grows no further than ignorance.
  private mutating func forget(_ buffer: UnsafeMutableBufferPointer<Double>, _ gains: Int, _ power: Double) {
    var trace = 0.0
    var pair = 0
    for row in 0..<Self.terms {
      for column in row..<Self.terms {
        let value = Double(inverse[pair]) - buffer[gains + row] * buffer[gains + column] / power
        inverse[pair] = Float(row == column ? max(value, 0) : value)
        if row == column { trace += max(value, 0) }
        pair += 1
      }
    }
    guard trace < Self.ignorance * Double(Self.terms) else { return }
    for index in inverse.indices { inverse[index] = Float(Double(inverse[index]) / Self.forgetting) }
  }
}
